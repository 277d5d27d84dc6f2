// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface EndpointLoadMetricStats {
  'metric_name'?: (string);
  'num_requests_finished_with_metric'?: (number);
  'total_metric_value'?: (number);
}

export interface EndpointLoadMetricStats__Output {
  'metric_name': (string);
  'num_requests_finished_with_metric': (number);
  'total_metric_value': (number);
}
