// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Resource as _envoy_service_discovery_v3_Resource, Resource__Output as _envoy_service_discovery_v3_Resource__Output } from '../../../../envoy/service/discovery/v3/Resource.js';
import type { ControlPlane as _envoy_config_core_v3_ControlPlane, ControlPlane__Output as _envoy_config_core_v3_ControlPlane__Output } from '../../../../envoy/config/core/v3/ControlPlane.js';
import type { ResourceError as _envoy_service_discovery_v3_ResourceError, ResourceError__Output as _envoy_service_discovery_v3_ResourceError__Output } from '../../../../envoy/service/discovery/v3/ResourceError.js';

export interface DeltaDiscoveryResponse {
  /**
   * For people, and Fairlead's position.
   */
  'system_version_info'?: (string);
  'resources'?: readonly (_envoy_service_discovery_v3_Resource)[];
  'type_url'?: (string);
  'nonce'?: (string);
  /**
   * Names that are no longer served, or never were (xDS rule R23).
   */
  'removed_resources'?: readonly (string)[];
  'control_plane'?: (_envoy_config_core_v3_ControlPlane | null);
  'resource_errors'?: readonly (_envoy_service_discovery_v3_ResourceError)[];
}

export interface DeltaDiscoveryResponse__Output {
  /**
   * For people, and Fairlead's position.
   */
  'system_version_info': (string);
  'resources': (_envoy_service_discovery_v3_Resource__Output)[];
  'type_url': (string);
  'nonce': (string);
  /**
   * Names that are no longer served, or never were (xDS rule R23).
   */
  'removed_resources': (string)[];
  'control_plane': (_envoy_config_core_v3_ControlPlane__Output | null);
  'resource_errors': (_envoy_service_discovery_v3_ResourceError__Output)[];
}
