// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { StringMatcher as _envoy_type_matcher_v3_StringMatcher, StringMatcher__Output as _envoy_type_matcher_v3_StringMatcher__Output } from '../../../../envoy/type/matcher/v3/StringMatcher.js';

export interface HeaderMatcher {
  'name'?: (string);
  /**
   * Deprecated upstream for string_match, which older clients do not know.
   */
  'exact_match'?: (string);
  'present_match'?: (boolean);
  'invert_match'?: (boolean);
  'string_match'?: (_envoy_type_matcher_v3_StringMatcher | null);
  'treat_missing_header_as_empty'?: (boolean);
}

export interface HeaderMatcher__Output {
  'name': (string);
  /**
   * Deprecated upstream for string_match, which older clients do not know.
   */
  'exact_match'?: (string);
  'present_match'?: (boolean);
  'invert_match': (boolean);
  'string_match'?: (_envoy_type_matcher_v3_StringMatcher__Output | null);
  'treat_missing_header_as_empty': (boolean);
}
