// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { ResourceName as _envoy_service_discovery_v3_ResourceName, ResourceName__Output as _envoy_service_discovery_v3_ResourceName__Output } from '../../../../envoy/service/discovery/v3/ResourceName.js';
import type { Status as _google_rpc_Status, Status__Output as _google_rpc_Status__Output } from '../../../../google/rpc/Status.js';

/**
 * Why a subscribed resource is not served (xRFC TP3, gRFC A88).
 */
export interface ResourceError {
  'resource_name'?: (_envoy_service_discovery_v3_ResourceName | null);
  /**
   * NOT_FOUND and PERMISSION_DENIED speak of the resource; UNAVAILABLE, INTERNAL and UNKNOWN pass, and the client keeps what it has.
   */
  'error_detail'?: (_google_rpc_Status | null);
}

/**
 * Why a subscribed resource is not served (xRFC TP3, gRFC A88).
 */
export interface ResourceError__Output {
  'resource_name': (_envoy_service_discovery_v3_ResourceName__Output | null);
  /**
   * NOT_FOUND and PERMISSION_DENIED speak of the resource; UNAVAILABLE, INTERNAL and UNKNOWN pass, and the client keeps what it has.
   */
  'error_detail': (_google_rpc_Status__Output | null);
}
