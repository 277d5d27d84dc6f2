// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Address as _envoy_config_core_v3_Address, Address__Output as _envoy_config_core_v3_Address__Output } from '../../../../envoy/config/core/v3/Address.js';

export interface Endpoint {
  'address'?: (_envoy_config_core_v3_Address | null);
  'hostname'?: (string);
}

export interface Endpoint__Output {
  'address': (_envoy_config_core_v3_Address__Output | null);
  'hostname': (string);
}
