// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.


export interface _envoy_config_core_v3_GrpcService_EnvoyGrpc {
  /**
   * One of the client's own clusters, which its bootstrap must hold.
   */
  'cluster_name'?: (string);
}

export interface _envoy_config_core_v3_GrpcService_EnvoyGrpc__Output {
  /**
   * One of the client's own clusters, which its bootstrap must hold.
   */
  'cluster_name': (string);
}

export interface GrpcService {
  'envoy_grpc'?: (_envoy_config_core_v3_GrpcService_EnvoyGrpc | null);
}

export interface GrpcService__Output {
  'envoy_grpc'?: (_envoy_config_core_v3_GrpcService_EnvoyGrpc__Output | null);
}
