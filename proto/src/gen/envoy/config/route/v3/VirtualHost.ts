// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Route as _envoy_config_route_v3_Route, Route__Output as _envoy_config_route_v3_Route__Output } from '../../../../envoy/config/route/v3/Route.js';
import type { RetryPolicy as _envoy_config_route_v3_RetryPolicy, RetryPolicy__Output as _envoy_config_route_v3_RetryPolicy__Output } from '../../../../envoy/config/route/v3/RetryPolicy.js';
import type { HedgePolicy as _envoy_config_route_v3_HedgePolicy, HedgePolicy__Output as _envoy_config_route_v3_HedgePolicy__Output } from '../../../../envoy/config/route/v3/HedgePolicy.js';
import type { Metadata as _envoy_config_core_v3_Metadata, Metadata__Output as _envoy_config_core_v3_Metadata__Output } from '../../../../envoy/config/core/v3/Metadata.js';

export interface VirtualHost {
  'name'?: (string);
  /**
   * Host values: exact, "*.suffix", "prefix.*" or "*"; a port is part of the value.
   */
  'domains'?: readonly (string)[];
  /**
   * The first that matches.
   */
  'routes'?: readonly (_envoy_config_route_v3_Route)[];
  'include_request_attempt_count'?: (boolean);
  /**
   * For routes without one.
   */
  'retry_policy'?: (_envoy_config_route_v3_RetryPolicy | null);
  'hedge_policy'?: (_envoy_config_route_v3_HedgePolicy | null);
  'metadata'?: (_envoy_config_core_v3_Metadata | null);
}

export interface VirtualHost__Output {
  'name': (string);
  /**
   * Host values: exact, "*.suffix", "prefix.*" or "*"; a port is part of the value.
   */
  'domains': (string)[];
  /**
   * The first that matches.
   */
  'routes': (_envoy_config_route_v3_Route__Output)[];
  'include_request_attempt_count': (boolean);
  /**
   * For routes without one.
   */
  'retry_policy': (_envoy_config_route_v3_RetryPolicy__Output | null);
  'hedge_policy': (_envoy_config_route_v3_HedgePolicy__Output | null);
  'metadata': (_envoy_config_core_v3_Metadata__Output | null);
}
