// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { Filter as _envoy_config_listener_v3_Filter, Filter__Output as _envoy_config_listener_v3_Filter__Output } from '../../../../envoy/config/listener/v3/Filter.js';

export interface FilterChain {
  'filters'?: readonly (_envoy_config_listener_v3_Filter)[];
  'name'?: (string);
}

export interface FilterChain__Output {
  'filters': (_envoy_config_listener_v3_Filter__Output)[];
  'name': (string);
}
