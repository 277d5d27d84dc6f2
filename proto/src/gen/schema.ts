// Generated from schema/ by scripts/generate.mjs. Do not edit: change the .proto file and run `npm run generate`.

import type { INamespace } from 'protobufjs';

/** The schema of schema/*.proto as protobufjs and @grpc/proto-loader read it: no .proto file is needed at run time. */
export const schema = {
 "nested": {
  "envoy": {
   "nested": {
    "admin": {
     "nested": {
      "v3": {
       "nested": {
        "ClientResourceStatus": {
         "values": {
          "UNKNOWN": 0,
          "REQUESTED": 1,
          "DOES_NOT_EXIST": 2,
          "ACKED": 3,
          "NACKED": 4
         }
        },
        "UpdateFailureState": {
         "fields": {
          "details": {
           "type": "string",
           "id": 3
          },
          "version_info": {
           "type": "string",
           "id": 4
          }
         }
        }
       }
      }
     }
    },
    "config": {
     "nested": {
      "cluster": {
       "nested": {
        "v3": {
         "nested": {
          "CircuitBreakers": {
           "fields": {
            "thresholds": {
             "rule": "repeated",
             "type": "Thresholds",
             "id": 1
            },
            "per_host_thresholds": {
             "rule": "repeated",
             "type": "Thresholds",
             "id": 2
            }
           },
           "nested": {
            "Thresholds": {
             "fields": {
              "priority": {
               "type": "envoy.config.core.v3.RoutingPriority",
               "id": 1
              },
              "max_connections": {
               "type": "google.protobuf.UInt32Value",
               "id": 2
              },
              "max_pending_requests": {
               "type": "google.protobuf.UInt32Value",
               "id": 3
              },
              "max_requests": {
               "type": "google.protobuf.UInt32Value",
               "id": 4
              },
              "max_retries": {
               "type": "google.protobuf.UInt32Value",
               "id": 5
              },
              "track_remaining": {
               "type": "bool",
               "id": 6
              },
              "retry_budget": {
               "type": "RetryBudget",
               "id": 8
              }
             },
             "nested": {
              "RetryBudget": {
               "fields": {
                "budget_percent": {
                 "type": "envoy.type.v3.Percent",
                 "id": 1
                },
                "min_retry_concurrency": {
                 "type": "google.protobuf.UInt32Value",
                 "id": 2
                }
               }
              }
             }
            }
           }
          },
          "Cluster": {
           "oneofs": {
            "cluster_discovery_type": {
             "oneof": [
              "type"
             ]
            },
            "lb_config": {
             "oneof": [
              "ring_hash_lb_config",
              "least_request_lb_config",
              "maglev_lb_config",
              "round_robin_lb_config"
             ]
            }
           },
           "fields": {
            "name": {
             "type": "string",
             "id": 1
            },
            "type": {
             "type": "DiscoveryType",
             "id": 2
            },
            "eds_cluster_config": {
             "type": "EdsClusterConfig",
             "id": 3
            },
            "connect_timeout": {
             "type": "google.protobuf.Duration",
             "id": 4
            },
            "lb_policy": {
             "type": "LbPolicy",
             "id": 6
            },
            "circuit_breakers": {
             "type": "CircuitBreakers",
             "id": 10
            },
            "outlier_detection": {
             "type": "OutlierDetection",
             "id": 19
            },
            "ring_hash_lb_config": {
             "type": "RingHashLbConfig",
             "id": 23
            },
            "least_request_lb_config": {
             "type": "LeastRequestLbConfig",
             "id": 37
            },
            "maglev_lb_config": {
             "type": "MaglevLbConfig",
             "id": 52
            },
            "round_robin_lb_config": {
             "type": "RoundRobinLbConfig",
             "id": 56
            },
            "metadata": {
             "type": "envoy.config.core.v3.Metadata",
             "id": 25
            },
            "common_lb_config": {
             "type": "CommonLbConfig",
             "id": 27
            },
            "alt_stat_name": {
             "type": "string",
             "id": 28
            },
            "close_connections_on_host_health_failure": {
             "type": "bool",
             "id": 31
            },
            "ignore_health_on_host_removal": {
             "type": "bool",
             "id": 32
            },
            "typed_extension_protocol_options": {
             "keyType": "string",
             "type": "google.protobuf.Any",
             "id": 36
            },
            "load_balancing_policy": {
             "type": "LoadBalancingPolicy",
             "id": 41
            },
            "lrs_server": {
             "type": "envoy.config.core.v3.ConfigSource",
             "id": 42
            }
           },
           "nested": {
            "DiscoveryType": {
             "values": {
              "STATIC": 0,
              "STRICT_DNS": 1,
              "LOGICAL_DNS": 2,
              "EDS": 3,
              "ORIGINAL_DST": 4
             }
            },
            "LbPolicy": {
             "values": {
              "ROUND_ROBIN": 0,
              "LEAST_REQUEST": 1,
              "RING_HASH": 2,
              "RANDOM": 3,
              "MAGLEV": 5,
              "CLUSTER_PROVIDED": 6,
              "LOAD_BALANCING_POLICY_CONFIG": 7
             }
            },
            "EdsClusterConfig": {
             "fields": {
              "eds_config": {
               "type": "envoy.config.core.v3.ConfigSource",
               "id": 1
              },
              "service_name": {
               "type": "string",
               "id": 2
              }
             }
            },
            "SlowStartConfig": {
             "fields": {
              "slow_start_window": {
               "type": "google.protobuf.Duration",
               "id": 1
              },
              "aggression": {
               "type": "envoy.config.core.v3.RuntimeDouble",
               "id": 2
              },
              "min_weight_percent": {
               "type": "envoy.type.v3.Percent",
               "id": 3
              }
             }
            },
            "RoundRobinLbConfig": {
             "fields": {
              "slow_start_config": {
               "type": "SlowStartConfig",
               "id": 1
              }
             }
            },
            "LeastRequestLbConfig": {
             "fields": {
              "choice_count": {
               "type": "google.protobuf.UInt32Value",
               "id": 1
              },
              "active_request_bias": {
               "type": "envoy.config.core.v3.RuntimeDouble",
               "id": 2
              },
              "slow_start_config": {
               "type": "SlowStartConfig",
               "id": 3
              }
             }
            },
            "RingHashLbConfig": {
             "fields": {
              "minimum_ring_size": {
               "type": "google.protobuf.UInt64Value",
               "id": 1
              },
              "hash_function": {
               "type": "HashFunction",
               "id": 3
              },
              "maximum_ring_size": {
               "type": "google.protobuf.UInt64Value",
               "id": 4
              }
             },
             "nested": {
              "HashFunction": {
               "values": {
                "XX_HASH": 0,
                "MURMUR_HASH_2": 1
               }
              }
             }
            },
            "MaglevLbConfig": {
             "fields": {
              "table_size": {
               "type": "google.protobuf.UInt64Value",
               "id": 1
              }
             }
            },
            "CommonLbConfig": {
             "oneofs": {
              "locality_config_specifier": {
               "oneof": [
                "zone_aware_lb_config",
                "locality_weighted_lb_config"
               ]
              }
             },
             "fields": {
              "healthy_panic_threshold": {
               "type": "envoy.type.v3.Percent",
               "id": 1
              },
              "zone_aware_lb_config": {
               "type": "ZoneAwareLbConfig",
               "id": 2
              },
              "locality_weighted_lb_config": {
               "type": "LocalityWeightedLbConfig",
               "id": 3
              },
              "update_merge_window": {
               "type": "google.protobuf.Duration",
               "id": 4
              },
              "ignore_new_hosts_until_first_hc": {
               "type": "bool",
               "id": 5
              },
              "close_connections_on_host_set_change": {
               "type": "bool",
               "id": 6
              },
              "consistent_hashing_lb_config": {
               "type": "ConsistentHashingLbConfig",
               "id": 7
              }
             },
             "nested": {
              "ZoneAwareLbConfig": {
               "fields": {
                "routing_enabled": {
                 "type": "envoy.type.v3.Percent",
                 "id": 1
                },
                "min_cluster_size": {
                 "type": "google.protobuf.UInt64Value",
                 "id": 2
                },
                "fail_traffic_on_panic": {
                 "type": "bool",
                 "id": 3
                }
               }
              },
              "LocalityWeightedLbConfig": {
               "fields": {}
              },
              "ConsistentHashingLbConfig": {
               "fields": {
                "use_hostname_for_hashing": {
                 "type": "bool",
                 "id": 1
                },
                "hash_balance_factor": {
                 "type": "google.protobuf.UInt32Value",
                 "id": 2
                }
               }
              }
             }
            }
           }
          },
          "LoadBalancingPolicy": {
           "fields": {
            "policies": {
             "rule": "repeated",
             "type": "Policy",
             "id": 1
            }
           },
           "nested": {
            "Policy": {
             "fields": {
              "typed_extension_config": {
               "type": "envoy.config.core.v3.TypedExtensionConfig",
               "id": 4
              }
             }
            }
           }
          },
          "OutlierDetection": {
           "fields": {
            "consecutive_5xx": {
             "type": "google.protobuf.UInt32Value",
             "id": 1
            },
            "interval": {
             "type": "google.protobuf.Duration",
             "id": 2
            },
            "base_ejection_time": {
             "type": "google.protobuf.Duration",
             "id": 3
            },
            "max_ejection_percent": {
             "type": "google.protobuf.UInt32Value",
             "id": 4
            },
            "enforcing_consecutive_5xx": {
             "type": "google.protobuf.UInt32Value",
             "id": 5
            },
            "enforcing_success_rate": {
             "type": "google.protobuf.UInt32Value",
             "id": 6
            },
            "success_rate_minimum_hosts": {
             "type": "google.protobuf.UInt32Value",
             "id": 7
            },
            "success_rate_request_volume": {
             "type": "google.protobuf.UInt32Value",
             "id": 8
            },
            "success_rate_stdev_factor": {
             "type": "google.protobuf.UInt32Value",
             "id": 9
            },
            "consecutive_gateway_failure": {
             "type": "google.protobuf.UInt32Value",
             "id": 10
            },
            "enforcing_consecutive_gateway_failure": {
             "type": "google.protobuf.UInt32Value",
             "id": 11
            },
            "split_external_local_origin_errors": {
             "type": "bool",
             "id": 12
            },
            "consecutive_local_origin_failure": {
             "type": "google.protobuf.UInt32Value",
             "id": 13
            },
            "enforcing_consecutive_local_origin_failure": {
             "type": "google.protobuf.UInt32Value",
             "id": 14
            },
            "enforcing_local_origin_success_rate": {
             "type": "google.protobuf.UInt32Value",
             "id": 15
            },
            "failure_percentage_threshold": {
             "type": "google.protobuf.UInt32Value",
             "id": 16
            },
            "enforcing_failure_percentage": {
             "type": "google.protobuf.UInt32Value",
             "id": 17
            },
            "enforcing_failure_percentage_local_origin": {
             "type": "google.protobuf.UInt32Value",
             "id": 18
            },
            "failure_percentage_minimum_hosts": {
             "type": "google.protobuf.UInt32Value",
             "id": 19
            },
            "failure_percentage_request_volume": {
             "type": "google.protobuf.UInt32Value",
             "id": 20
            },
            "max_ejection_time": {
             "type": "google.protobuf.Duration",
             "id": 21
            },
            "max_ejection_time_jitter": {
             "type": "google.protobuf.Duration",
             "id": 22
            },
            "successful_active_health_check_uneject_host": {
             "type": "google.protobuf.BoolValue",
             "id": 23
            },
            "always_eject_one_host": {
             "type": "google.protobuf.BoolValue",
             "id": 25
            }
           }
          }
         }
        }
       }
      },
      "core": {
       "nested": {
        "v3": {
         "nested": {
          "SocketAddress": {
           "oneofs": {
            "port_specifier": {
             "oneof": [
              "port_value"
             ]
            }
           },
           "fields": {
            "protocol": {
             "type": "Protocol",
             "id": 1
            },
            "address": {
             "type": "string",
             "id": 2
            },
            "port_value": {
             "type": "uint32",
             "id": 3
            }
           },
           "nested": {
            "Protocol": {
             "values": {
              "TCP": 0,
              "UDP": 1
             }
            }
           }
          },
          "Address": {
           "oneofs": {
            "address": {
             "oneof": [
              "socket_address"
             ]
            }
           },
           "fields": {
            "socket_address": {
             "type": "SocketAddress",
             "id": 1
            }
           }
          },
          "RoutingPriority": {
           "values": {
            "DEFAULT": 0,
            "HIGH": 1
           }
          },
          "TrafficDirection": {
           "values": {
            "UNSPECIFIED": 0,
            "INBOUND": 1,
            "OUTBOUND": 2
           }
          },
          "Locality": {
           "fields": {
            "region": {
             "type": "string",
             "id": 1
            },
            "zone": {
             "type": "string",
             "id": 2
            },
            "sub_zone": {
             "type": "string",
             "id": 3
            }
           }
          },
          "BuildVersion": {
           "fields": {
            "version": {
             "type": "envoy.type.v3.SemanticVersion",
             "id": 1
            }
           }
          },
          "Node": {
           "oneofs": {
            "user_agent_version_type": {
             "oneof": [
              "user_agent_version",
              "user_agent_build_version"
             ]
            }
           },
           "fields": {
            "id": {
             "type": "string",
             "id": 1
            },
            "cluster": {
             "type": "string",
             "id": 2
            },
            "metadata": {
             "type": "google.protobuf.Struct",
             "id": 3
            },
            "locality": {
             "type": "Locality",
             "id": 4
            },
            "user_agent_name": {
             "type": "string",
             "id": 6
            },
            "user_agent_version": {
             "type": "string",
             "id": 7
            },
            "user_agent_build_version": {
             "type": "BuildVersion",
             "id": 8
            },
            "client_features": {
             "rule": "repeated",
             "type": "string",
             "id": 10
            }
           }
          },
          "Metadata": {
           "fields": {
            "filter_metadata": {
             "keyType": "string",
             "type": "google.protobuf.Struct",
             "id": 1
            },
            "typed_filter_metadata": {
             "keyType": "string",
             "type": "google.protobuf.Any",
             "id": 2
            }
           }
          },
          "RuntimeDouble": {
           "fields": {
            "default_value": {
             "type": "double",
             "id": 1
            },
            "runtime_key": {
             "type": "string",
             "id": 2
            }
           }
          },
          "RuntimeFractionalPercent": {
           "fields": {
            "default_value": {
             "type": "envoy.type.v3.FractionalPercent",
             "id": 1
            },
            "runtime_key": {
             "type": "string",
             "id": 2
            }
           }
          },
          "ControlPlane": {
           "fields": {
            "identifier": {
             "type": "string",
             "id": 1
            }
           }
          },
          "ApiVersion": {
           "values": {
            "AUTO": 0,
            "V2": 1,
            "V3": 2
           }
          },
          "ApiConfigSource": {
           "fields": {
            "api_type": {
             "type": "ApiType",
             "id": 1
            },
            "grpc_services": {
             "rule": "repeated",
             "type": "GrpcService",
             "id": 4
            },
            "set_node_on_first_message_only": {
             "type": "bool",
             "id": 7
            },
            "transport_api_version": {
             "type": "ApiVersion",
             "id": 8
            }
           },
           "nested": {
            "ApiType": {
             "values": {
              "DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE": 0,
              "REST": 1,
              "GRPC": 2,
              "DELTA_GRPC": 3,
              "AGGREGATED_GRPC": 5,
              "AGGREGATED_DELTA_GRPC": 6
             }
            }
           }
          },
          "AggregatedConfigSource": {
           "fields": {}
          },
          "SelfConfigSource": {
           "fields": {
            "transport_api_version": {
             "type": "ApiVersion",
             "id": 1
            }
           }
          },
          "ConfigSource": {
           "oneofs": {
            "config_source_specifier": {
             "oneof": [
              "api_config_source",
              "ads",
              "self"
             ]
            }
           },
           "fields": {
            "api_config_source": {
             "type": "ApiConfigSource",
             "id": 2
            },
            "ads": {
             "type": "AggregatedConfigSource",
             "id": 3
            },
            "self": {
             "type": "SelfConfigSource",
             "id": 5
            },
            "initial_fetch_timeout": {
             "type": "google.protobuf.Duration",
             "id": 4
            },
            "resource_api_version": {
             "type": "ApiVersion",
             "id": 6
            }
           }
          },
          "TypedExtensionConfig": {
           "fields": {
            "name": {
             "type": "string",
             "id": 1
            },
            "typed_config": {
             "type": "google.protobuf.Any",
             "id": 2
            }
           }
          },
          "GrpcService": {
           "oneofs": {
            "target_specifier": {
             "oneof": [
              "envoy_grpc"
             ]
            }
           },
           "fields": {
            "envoy_grpc": {
             "type": "EnvoyGrpc",
             "id": 1
            }
           },
           "nested": {
            "EnvoyGrpc": {
             "fields": {
              "cluster_name": {
               "type": "string",
               "id": 1
              }
             }
            }
           }
          },
          "HealthStatus": {
           "values": {
            "UNKNOWN": 0,
            "HEALTHY": 1,
            "UNHEALTHY": 2,
            "DRAINING": 3,
            "TIMEOUT": 4,
            "DEGRADED": 5
           }
          },
          "HttpProtocolOptions": {
           "fields": {
            "idle_timeout": {
             "type": "google.protobuf.Duration",
             "id": 1
            },
            "max_connection_duration": {
             "type": "google.protobuf.Duration",
             "id": 3
            },
            "max_stream_duration": {
             "type": "google.protobuf.Duration",
             "id": 4
            },
            "max_requests_per_connection": {
             "type": "google.protobuf.UInt32Value",
             "id": 6
            }
           }
          }
         }
        }
       }
      },
      "endpoint": {
       "nested": {
        "v3": {
         "nested": {
          "ClusterLoadAssignment": {
           "fields": {
            "cluster_name": {
             "type": "string",
             "id": 1
            },
            "endpoints": {
             "rule": "repeated",
             "type": "LocalityLbEndpoints",
             "id": 2
            },
            "policy": {
             "type": "Policy",
             "id": 4
            }
           },
           "nested": {
            "Policy": {
             "fields": {
              "drop_overloads": {
               "rule": "repeated",
               "type": "DropOverload",
               "id": 2
              },
              "overprovisioning_factor": {
               "type": "google.protobuf.UInt32Value",
               "id": 3
              },
              "endpoint_stale_after": {
               "type": "google.protobuf.Duration",
               "id": 4
              },
              "weighted_priority_health": {
               "type": "bool",
               "id": 6
              }
             },
             "nested": {
              "DropOverload": {
               "fields": {
                "category": {
                 "type": "string",
                 "id": 1
                },
                "drop_percentage": {
                 "type": "envoy.type.v3.FractionalPercent",
                 "id": 2
                }
               }
              }
             }
            }
           }
          },
          "Endpoint": {
           "fields": {
            "address": {
             "type": "envoy.config.core.v3.Address",
             "id": 1
            },
            "hostname": {
             "type": "string",
             "id": 3
            }
           }
          },
          "LbEndpoint": {
           "oneofs": {
            "host_identifier": {
             "oneof": [
              "endpoint"
             ]
            }
           },
           "fields": {
            "endpoint": {
             "type": "Endpoint",
             "id": 1
            },
            "health_status": {
             "type": "envoy.config.core.v3.HealthStatus",
             "id": 2
            },
            "metadata": {
             "type": "envoy.config.core.v3.Metadata",
             "id": 3
            },
            "load_balancing_weight": {
             "type": "google.protobuf.UInt32Value",
             "id": 4
            }
           }
          },
          "LocalityLbEndpoints": {
           "fields": {
            "locality": {
             "type": "envoy.config.core.v3.Locality",
             "id": 1
            },
            "lb_endpoints": {
             "rule": "repeated",
             "type": "LbEndpoint",
             "id": 2
            },
            "load_balancing_weight": {
             "type": "google.protobuf.UInt32Value",
             "id": 3
            },
            "priority": {
             "type": "uint32",
             "id": 5
            }
           }
          },
          "EndpointLoadMetricStats": {
           "fields": {
            "metric_name": {
             "type": "string",
             "id": 1
            },
            "num_requests_finished_with_metric": {
             "type": "uint64",
             "id": 2
            },
            "total_metric_value": {
             "type": "double",
             "id": 3
            }
           }
          },
          "UpstreamEndpointStats": {
           "fields": {
            "address": {
             "type": "envoy.config.core.v3.Address",
             "id": 1
            },
            "total_successful_requests": {
             "type": "uint64",
             "id": 2
            },
            "total_requests_in_progress": {
             "type": "uint64",
             "id": 3
            },
            "total_error_requests": {
             "type": "uint64",
             "id": 4
            },
            "load_metric_stats": {
             "rule": "repeated",
             "type": "EndpointLoadMetricStats",
             "id": 5
            },
            "metadata": {
             "type": "google.protobuf.Struct",
             "id": 6
            },
            "total_issued_requests": {
             "type": "uint64",
             "id": 7
            }
           }
          },
          "UpstreamLocalityStats": {
           "fields": {
            "locality": {
             "type": "envoy.config.core.v3.Locality",
             "id": 1
            },
            "total_successful_requests": {
             "type": "uint64",
             "id": 2
            },
            "total_requests_in_progress": {
             "type": "uint64",
             "id": 3
            },
            "total_error_requests": {
             "type": "uint64",
             "id": 4
            },
            "load_metric_stats": {
             "rule": "repeated",
             "type": "EndpointLoadMetricStats",
             "id": 5
            },
            "priority": {
             "type": "uint32",
             "id": 6
            },
            "upstream_endpoint_stats": {
             "rule": "repeated",
             "type": "UpstreamEndpointStats",
             "id": 7
            },
            "total_issued_requests": {
             "type": "uint64",
             "id": 8
            },
            "total_active_connections": {
             "type": "uint64",
             "id": 9
            },
            "total_new_connections": {
             "type": "uint64",
             "id": 10
            },
            "total_fail_connections": {
             "type": "uint64",
             "id": 11
            }
           }
          },
          "ClusterStats": {
           "fields": {
            "cluster_name": {
             "type": "string",
             "id": 1
            },
            "upstream_locality_stats": {
             "rule": "repeated",
             "type": "UpstreamLocalityStats",
             "id": 2
            },
            "total_dropped_requests": {
             "type": "uint64",
             "id": 3
            },
            "load_report_interval": {
             "type": "google.protobuf.Duration",
             "id": 4
            },
            "dropped_requests": {
             "rule": "repeated",
             "type": "DroppedRequests",
             "id": 5
            },
            "cluster_service_name": {
             "type": "string",
             "id": 6
            }
           },
           "nested": {
            "DroppedRequests": {
             "fields": {
              "category": {
               "type": "string",
               "id": 1
              },
              "dropped_count": {
               "type": "uint64",
               "id": 2
              }
             }
            }
           }
          }
         }
        }
       }
      },
      "listener": {
       "nested": {
        "v3": {
         "nested": {
          "ApiListener": {
           "fields": {
            "api_listener": {
             "type": "google.protobuf.Any",
             "id": 1
            }
           }
          },
          "Listener": {
           "fields": {
            "name": {
             "type": "string",
             "id": 1
            },
            "address": {
             "type": "envoy.config.core.v3.Address",
             "id": 2
            },
            "filter_chains": {
             "rule": "repeated",
             "type": "FilterChain",
             "id": 3
            },
            "metadata": {
             "type": "envoy.config.core.v3.Metadata",
             "id": 6
            },
            "traffic_direction": {
             "type": "envoy.config.core.v3.TrafficDirection",
             "id": 16
            },
            "api_listener": {
             "type": "ApiListener",
             "id": 19
            },
            "default_filter_chain": {
             "type": "FilterChain",
             "id": 25
            },
            "stat_prefix": {
             "type": "string",
             "id": 28
            }
           }
          },
          "Filter": {
           "oneofs": {
            "config_type": {
             "oneof": [
              "typed_config"
             ]
            }
           },
           "fields": {
            "name": {
             "type": "string",
             "id": 1
            },
            "typed_config": {
             "type": "google.protobuf.Any",
             "id": 4
            }
           }
          },
          "FilterChain": {
           "fields": {
            "filters": {
             "rule": "repeated",
             "type": "Filter",
             "id": 3
            },
            "name": {
             "type": "string",
             "id": 7
            }
           }
          }
         }
        }
       }
      },
      "route": {
       "nested": {
        "v3": {
         "nested": {
          "RouteConfiguration": {
           "fields": {
            "name": {
             "type": "string",
             "id": 1
            },
            "virtual_hosts": {
             "rule": "repeated",
             "type": "VirtualHost",
             "id": 2
            },
            "validate_clusters": {
             "type": "google.protobuf.BoolValue",
             "id": 7
            },
            "ignore_port_in_host_matching": {
             "type": "bool",
             "id": 14
            },
            "metadata": {
             "type": "envoy.config.core.v3.Metadata",
             "id": 17
            }
           }
          },
          "VirtualHost": {
           "fields": {
            "name": {
             "type": "string",
             "id": 1
            },
            "domains": {
             "rule": "repeated",
             "type": "string",
             "id": 2
            },
            "routes": {
             "rule": "repeated",
             "type": "Route",
             "id": 3
            },
            "include_request_attempt_count": {
             "type": "bool",
             "id": 14
            },
            "retry_policy": {
             "type": "RetryPolicy",
             "id": 16
            },
            "hedge_policy": {
             "type": "HedgePolicy",
             "id": 17
            },
            "metadata": {
             "type": "envoy.config.core.v3.Metadata",
             "id": 24
            }
           }
          },
          "Route": {
           "oneofs": {
            "action": {
             "oneof": [
              "route"
             ]
            }
           },
           "fields": {
            "match": {
             "type": "RouteMatch",
             "id": 1
            },
            "route": {
             "type": "RouteAction",
             "id": 2
            },
            "metadata": {
             "type": "envoy.config.core.v3.Metadata",
             "id": 4
            },
            "name": {
             "type": "string",
             "id": 14
            }
           }
          },
          "RouteMatch": {
           "oneofs": {
            "path_specifier": {
             "oneof": [
              "prefix",
              "path",
              "safe_regex",
              "path_separated_prefix"
             ]
            }
           },
           "fields": {
            "prefix": {
             "type": "string",
             "id": 1
            },
            "path": {
             "type": "string",
             "id": 2
            },
            "safe_regex": {
             "type": "envoy.type.matcher.v3.RegexMatcher",
             "id": 10
            },
            "path_separated_prefix": {
             "type": "string",
             "id": 14
            },
            "case_sensitive": {
             "type": "google.protobuf.BoolValue",
             "id": 4
            },
            "headers": {
             "rule": "repeated",
             "type": "HeaderMatcher",
             "id": 6
            },
            "runtime_fraction": {
             "type": "envoy.config.core.v3.RuntimeFractionalPercent",
             "id": 9
            }
           }
          },
          "HeaderMatcher": {
           "oneofs": {
            "header_match_specifier": {
             "oneof": [
              "exact_match",
              "present_match",
              "string_match"
             ]
            }
           },
           "fields": {
            "name": {
             "type": "string",
             "id": 1
            },
            "exact_match": {
             "type": "string",
             "id": 4
            },
            "present_match": {
             "type": "bool",
             "id": 7
            },
            "string_match": {
             "type": "envoy.type.matcher.v3.StringMatcher",
             "id": 13
            },
            "invert_match": {
             "type": "bool",
             "id": 8
            },
            "treat_missing_header_as_empty": {
             "type": "bool",
             "id": 14
            }
           }
          },
          "WeightedCluster": {
           "fields": {
            "clusters": {
             "rule": "repeated",
             "type": "ClusterWeight",
             "id": 1
            }
           },
           "nested": {
            "ClusterWeight": {
             "fields": {
              "name": {
               "type": "string",
               "id": 1
              },
              "weight": {
               "type": "google.protobuf.UInt32Value",
               "id": 2
              }
             }
            }
           }
          },
          "RouteAction": {
           "oneofs": {
            "cluster_specifier": {
             "oneof": [
              "cluster",
              "weighted_clusters"
             ]
            }
           },
           "fields": {
            "cluster": {
             "type": "string",
             "id": 1
            },
            "weighted_clusters": {
             "type": "WeightedCluster",
             "id": 3
            },
            "timeout": {
             "type": "google.protobuf.Duration",
             "id": 8
            },
            "retry_policy": {
             "type": "RetryPolicy",
             "id": 9
            },
            "priority": {
             "type": "envoy.config.core.v3.RoutingPriority",
             "id": 11
            },
            "hash_policy": {
             "rule": "repeated",
             "type": "HashPolicy",
             "id": 15
            },
            "idle_timeout": {
             "type": "google.protobuf.Duration",
             "id": 24
            },
            "hedge_policy": {
             "type": "HedgePolicy",
             "id": 27
            },
            "max_stream_duration": {
             "type": "MaxStreamDuration",
             "id": 36
            }
           },
           "nested": {
            "HashPolicy": {
             "oneofs": {
              "policy_specifier": {
               "oneof": [
                "header",
                "cookie",
                "connection_properties",
                "query_parameter",
                "filter_state"
               ]
              }
             },
             "fields": {
              "header": {
               "type": "Header",
               "id": 1
              },
              "cookie": {
               "type": "Cookie",
               "id": 2
              },
              "connection_properties": {
               "type": "ConnectionProperties",
               "id": 3
              },
              "query_parameter": {
               "type": "QueryParameter",
               "id": 5
              },
              "filter_state": {
               "type": "FilterState",
               "id": 6
              },
              "terminal": {
               "type": "bool",
               "id": 4
              }
             },
             "nested": {
              "Header": {
               "fields": {
                "header_name": {
                 "type": "string",
                 "id": 1
                }
               }
              },
              "Cookie": {
               "fields": {
                "name": {
                 "type": "string",
                 "id": 1
                },
                "ttl": {
                 "type": "google.protobuf.Duration",
                 "id": 2
                },
                "path": {
                 "type": "string",
                 "id": 3
                }
               }
              },
              "ConnectionProperties": {
               "fields": {
                "source_ip": {
                 "type": "bool",
                 "id": 1
                }
               }
              },
              "QueryParameter": {
               "fields": {
                "name": {
                 "type": "string",
                 "id": 1
                }
               }
              },
              "FilterState": {
               "fields": {
                "key": {
                 "type": "string",
                 "id": 1
                }
               }
              }
             }
            },
            "MaxStreamDuration": {
             "fields": {
              "max_stream_duration": {
               "type": "google.protobuf.Duration",
               "id": 1
              },
              "grpc_timeout_header_max": {
               "type": "google.protobuf.Duration",
               "id": 2
              },
              "grpc_timeout_header_offset": {
               "type": "google.protobuf.Duration",
               "id": 3
              }
             }
            }
           }
          },
          "RetryPolicy": {
           "fields": {
            "retry_on": {
             "type": "string",
             "id": 1
            },
            "num_retries": {
             "type": "google.protobuf.UInt32Value",
             "id": 2
            },
            "per_try_timeout": {
             "type": "google.protobuf.Duration",
             "id": 3
            },
            "retry_host_predicate": {
             "rule": "repeated",
             "type": "RetryHostPredicate",
             "id": 5
            },
            "host_selection_retry_max_attempts": {
             "type": "int64",
             "id": 6
            },
            "retriable_status_codes": {
             "rule": "repeated",
             "type": "uint32",
             "id": 7
            },
            "retry_back_off": {
             "type": "RetryBackOff",
             "id": 8
            },
            "per_try_idle_timeout": {
             "type": "google.protobuf.Duration",
             "id": 13
            }
           },
           "nested": {
            "RetryHostPredicate": {
             "oneofs": {
              "config_type": {
               "oneof": [
                "typed_config"
               ]
              }
             },
             "fields": {
              "name": {
               "type": "string",
               "id": 1
              },
              "typed_config": {
               "type": "google.protobuf.Any",
               "id": 3
              }
             }
            },
            "RetryBackOff": {
             "fields": {
              "base_interval": {
               "type": "google.protobuf.Duration",
               "id": 1
              },
              "max_interval": {
               "type": "google.protobuf.Duration",
               "id": 2
              }
             }
            }
           }
          },
          "HedgePolicy": {
           "fields": {
            "initial_requests": {
             "type": "google.protobuf.UInt32Value",
             "id": 1
            },
            "additional_request_chance": {
             "type": "envoy.type.v3.FractionalPercent",
             "id": 2
            },
            "hedge_on_per_try_timeout": {
             "type": "bool",
             "id": 3
            }
           }
          }
         }
        }
       }
      }
     }
    },
    "extensions": {
     "nested": {
      "filters": {
       "nested": {
        "http": {
         "nested": {
          "router": {
           "nested": {
            "v3": {
             "nested": {
              "Router": {
               "fields": {
                "suppress_envoy_headers": {
                 "type": "bool",
                 "id": 4
                }
               }
              }
             }
            }
           }
          }
         }
        },
        "network": {
         "nested": {
          "http_connection_manager": {
           "nested": {
            "v3": {
             "nested": {
              "HttpConnectionManager": {
               "oneofs": {
                "route_specifier": {
                 "oneof": [
                  "rds",
                  "route_config"
                 ]
                }
               },
               "fields": {
                "codec_type": {
                 "type": "CodecType",
                 "id": 1
                },
                "stat_prefix": {
                 "type": "string",
                 "id": 2
                },
                "rds": {
                 "type": "Rds",
                 "id": 3
                },
                "route_config": {
                 "type": "envoy.config.route.v3.RouteConfiguration",
                 "id": 4
                },
                "http_filters": {
                 "rule": "repeated",
                 "type": "HttpFilter",
                 "id": 5
                },
                "use_remote_address": {
                 "type": "google.protobuf.BoolValue",
                 "id": 14
                },
                "stream_idle_timeout": {
                 "type": "google.protobuf.Duration",
                 "id": 24
                },
                "request_timeout": {
                 "type": "google.protobuf.Duration",
                 "id": 28
                },
                "common_http_protocol_options": {
                 "type": "envoy.config.core.v3.HttpProtocolOptions",
                 "id": 35
                }
               },
               "nested": {
                "CodecType": {
                 "values": {
                  "AUTO": 0,
                  "HTTP1": 1,
                  "HTTP2": 2,
                  "HTTP3": 3
                 }
                }
               }
              },
              "Rds": {
               "fields": {
                "config_source": {
                 "type": "envoy.config.core.v3.ConfigSource",
                 "id": 1
                },
                "route_config_name": {
                 "type": "string",
                 "id": 2
                }
               }
              },
              "HttpFilter": {
               "oneofs": {
                "config_type": {
                 "oneof": [
                  "typed_config"
                 ]
                }
               },
               "fields": {
                "name": {
                 "type": "string",
                 "id": 1
                },
                "typed_config": {
                 "type": "google.protobuf.Any",
                 "id": 4
                },
                "is_optional": {
                 "type": "bool",
                 "id": 6
                },
                "disabled": {
                 "type": "bool",
                 "id": 7
                }
               }
              }
             }
            }
           }
          },
          "tcp_proxy": {
           "nested": {
            "v3": {
             "nested": {
              "TcpProxy": {
               "oneofs": {
                "cluster_specifier": {
                 "oneof": [
                  "cluster"
                 ]
                }
               },
               "fields": {
                "stat_prefix": {
                 "type": "string",
                 "id": 1
                },
                "cluster": {
                 "type": "string",
                 "id": 2
                },
                "max_connect_attempts": {
                 "type": "google.protobuf.UInt32Value",
                 "id": 7
                },
                "idle_timeout": {
                 "type": "google.protobuf.Duration",
                 "id": 8
                }
               }
              }
             }
            }
           }
          }
         }
        }
       }
      },
      "load_balancing_policies": {
       "nested": {
        "client_side_weighted_round_robin": {
         "nested": {
          "v3": {
           "nested": {
            "ClientSideWeightedRoundRobin": {
             "fields": {
              "enable_oob_load_report": {
               "type": "google.protobuf.BoolValue",
               "id": 1
              },
              "oob_reporting_period": {
               "type": "google.protobuf.Duration",
               "id": 2
              },
              "blackout_period": {
               "type": "google.protobuf.Duration",
               "id": 3
              },
              "weight_expiration_period": {
               "type": "google.protobuf.Duration",
               "id": 4
              },
              "weight_update_period": {
               "type": "google.protobuf.Duration",
               "id": 5
              },
              "error_utilization_penalty": {
               "type": "google.protobuf.FloatValue",
               "id": 6
              }
             }
            }
           }
          }
         }
        },
        "common": {
         "nested": {
          "v3": {
           "nested": {
            "LocalityLbConfig": {
             "oneofs": {
              "locality_config_specifier": {
               "oneof": [
                "zone_aware_lb_config",
                "locality_weighted_lb_config"
               ]
              }
             },
             "fields": {
              "zone_aware_lb_config": {
               "type": "ZoneAwareLbConfig",
               "id": 1
              },
              "locality_weighted_lb_config": {
               "type": "LocalityWeightedLbConfig",
               "id": 2
              }
             },
             "nested": {
              "ZoneAwareLbConfig": {
               "fields": {
                "routing_enabled": {
                 "type": "envoy.type.v3.Percent",
                 "id": 1
                },
                "min_cluster_size": {
                 "type": "google.protobuf.UInt64Value",
                 "id": 2
                },
                "fail_traffic_on_panic": {
                 "type": "bool",
                 "id": 3
                }
               }
              },
              "LocalityWeightedLbConfig": {
               "fields": {}
              }
             }
            },
            "SlowStartConfig": {
             "fields": {
              "slow_start_window": {
               "type": "google.protobuf.Duration",
               "id": 1
              },
              "aggression": {
               "type": "envoy.config.core.v3.RuntimeDouble",
               "id": 2
              },
              "min_weight_percent": {
               "type": "envoy.type.v3.Percent",
               "id": 3
              }
             }
            },
            "ConsistentHashingLbConfig": {
             "fields": {
              "use_hostname_for_hashing": {
               "type": "bool",
               "id": 1
              },
              "hash_balance_factor": {
               "type": "google.protobuf.UInt32Value",
               "id": 2
              }
             }
            }
           }
          }
         }
        },
        "least_request": {
         "nested": {
          "v3": {
           "nested": {
            "LeastRequest": {
             "fields": {
              "choice_count": {
               "type": "google.protobuf.UInt32Value",
               "id": 1
              },
              "active_request_bias": {
               "type": "envoy.config.core.v3.RuntimeDouble",
               "id": 2
              },
              "slow_start_config": {
               "type": "envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig",
               "id": 3
              },
              "locality_lb_config": {
               "type": "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig",
               "id": 4
              },
              "selection_method": {
               "type": "SelectionMethod",
               "id": 6
              }
             },
             "nested": {
              "SelectionMethod": {
               "values": {
                "N_CHOICES": 0,
                "FULL_SCAN": 1
               }
              }
             }
            }
           }
          }
         }
        },
        "maglev": {
         "nested": {
          "v3": {
           "nested": {
            "Maglev": {
             "fields": {
              "table_size": {
               "type": "google.protobuf.UInt64Value",
               "id": 1
              },
              "consistent_hashing_lb_config": {
               "type": "envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig",
               "id": 2
              },
              "locality_weighted_lb_config": {
               "type": "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig",
               "id": 3
              }
             }
            }
           }
          }
         }
        },
        "pick_first": {
         "nested": {
          "v3": {
           "nested": {
            "PickFirst": {
             "fields": {
              "shuffle_address_list": {
               "type": "bool",
               "id": 1
              }
             }
            }
           }
          }
         }
        },
        "random": {
         "nested": {
          "v3": {
           "nested": {
            "Random": {
             "fields": {
              "locality_lb_config": {
               "type": "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig",
               "id": 1
              }
             }
            }
           }
          }
         }
        },
        "ring_hash": {
         "nested": {
          "v3": {
           "nested": {
            "RingHash": {
             "fields": {
              "hash_function": {
               "type": "HashFunction",
               "id": 1
              },
              "minimum_ring_size": {
               "type": "google.protobuf.UInt64Value",
               "id": 2
              },
              "maximum_ring_size": {
               "type": "google.protobuf.UInt64Value",
               "id": 3
              },
              "consistent_hashing_lb_config": {
               "type": "envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig",
               "id": 6
              },
              "locality_weighted_lb_config": {
               "type": "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig",
               "id": 7
              }
             },
             "nested": {
              "HashFunction": {
               "values": {
                "DEFAULT_HASH": 0,
                "XX_HASH": 1,
                "MURMUR_HASH_2": 2
               }
              }
             }
            }
           }
          }
         }
        },
        "round_robin": {
         "nested": {
          "v3": {
           "nested": {
            "RoundRobin": {
             "fields": {
              "slow_start_config": {
               "type": "envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig",
               "id": 1
              },
              "locality_lb_config": {
               "type": "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig",
               "id": 2
              }
             }
            }
           }
          }
         }
        },
        "wrr_locality": {
         "nested": {
          "v3": {
           "nested": {
            "WrrLocality": {
             "fields": {
              "endpoint_picking_policy": {
               "type": "envoy.config.cluster.v3.LoadBalancingPolicy",
               "id": 1
              }
             }
            }
           }
          }
         }
        }
       }
      },
      "retry": {
       "nested": {
        "host": {
         "nested": {
          "previous_hosts": {
           "nested": {
            "v3": {
             "nested": {
              "PreviousHostsPredicate": {
               "fields": {}
              }
             }
            }
           }
          }
         }
        }
       }
      }
     }
    },
    "service": {
     "nested": {
      "cluster": {
       "nested": {
        "v3": {
         "nested": {
          "ClusterDiscoveryService": {
           "methods": {
            "StreamClusters": {
             "requestType": "envoy.service.discovery.v3.DiscoveryRequest",
             "requestStream": true,
             "responseType": "envoy.service.discovery.v3.DiscoveryResponse",
             "responseStream": true
            },
            "DeltaClusters": {
             "requestType": "envoy.service.discovery.v3.DeltaDiscoveryRequest",
             "requestStream": true,
             "responseType": "envoy.service.discovery.v3.DeltaDiscoveryResponse",
             "responseStream": true
            }
           }
          }
         }
        }
       }
      },
      "discovery": {
       "nested": {
        "v3": {
         "nested": {
          "AggregatedDiscoveryService": {
           "methods": {
            "StreamAggregatedResources": {
             "requestType": "DiscoveryRequest",
             "requestStream": true,
             "responseType": "DiscoveryResponse",
             "responseStream": true
            },
            "DeltaAggregatedResources": {
             "requestType": "DeltaDiscoveryRequest",
             "requestStream": true,
             "responseType": "DeltaDiscoveryResponse",
             "responseStream": true
            }
           }
          },
          "DynamicParameterConstraints": {
           "oneofs": {
            "type": {
             "oneof": [
              "constraint",
              "or_constraints",
              "and_constraints",
              "not_constraints"
             ]
            }
           },
           "fields": {
            "constraint": {
             "type": "SingleConstraint",
             "id": 1
            },
            "or_constraints": {
             "type": "ConstraintList",
             "id": 2
            },
            "and_constraints": {
             "type": "ConstraintList",
             "id": 3
            },
            "not_constraints": {
             "type": "DynamicParameterConstraints",
             "id": 4
            }
           },
           "nested": {
            "SingleConstraint": {
             "oneofs": {
              "constraint_type": {
               "oneof": [
                "value",
                "exists"
               ]
              }
             },
             "fields": {
              "key": {
               "type": "string",
               "id": 1
              },
              "value": {
               "type": "string",
               "id": 2
              },
              "exists": {
               "type": "Exists",
               "id": 3
              }
             },
             "nested": {
              "Exists": {
               "fields": {}
              }
             }
            },
            "ConstraintList": {
             "fields": {
              "constraints": {
               "rule": "repeated",
               "type": "DynamicParameterConstraints",
               "id": 1
              }
             }
            }
           }
          },
          "ResourceName": {
           "fields": {
            "name": {
             "type": "string",
             "id": 1
            },
            "dynamic_parameter_constraints": {
             "type": "DynamicParameterConstraints",
             "id": 2
            }
           }
          },
          "ResourceError": {
           "fields": {
            "resource_name": {
             "type": "ResourceName",
             "id": 1
            },
            "error_detail": {
             "type": "google.rpc.Status",
             "id": 2
            }
           }
          },
          "DiscoveryRequest": {
           "fields": {
            "version_info": {
             "type": "string",
             "id": 1
            },
            "node": {
             "type": "envoy.config.core.v3.Node",
             "id": 2
            },
            "resource_names": {
             "rule": "repeated",
             "type": "string",
             "id": 3
            },
            "type_url": {
             "type": "string",
             "id": 4
            },
            "response_nonce": {
             "type": "string",
             "id": 5
            },
            "error_detail": {
             "type": "google.rpc.Status",
             "id": 6
            }
           }
          },
          "DiscoveryResponse": {
           "fields": {
            "version_info": {
             "type": "string",
             "id": 1
            },
            "resources": {
             "rule": "repeated",
             "type": "google.protobuf.Any",
             "id": 2
            },
            "type_url": {
             "type": "string",
             "id": 4
            },
            "nonce": {
             "type": "string",
             "id": 5
            },
            "control_plane": {
             "type": "envoy.config.core.v3.ControlPlane",
             "id": 6
            },
            "resource_errors": {
             "rule": "repeated",
             "type": "ResourceError",
             "id": 7
            }
           }
          },
          "DeltaDiscoveryRequest": {
           "fields": {
            "node": {
             "type": "envoy.config.core.v3.Node",
             "id": 1
            },
            "type_url": {
             "type": "string",
             "id": 2
            },
            "resource_names_subscribe": {
             "rule": "repeated",
             "type": "string",
             "id": 3
            },
            "resource_names_unsubscribe": {
             "rule": "repeated",
             "type": "string",
             "id": 4
            },
            "initial_resource_versions": {
             "keyType": "string",
             "type": "string",
             "id": 5
            },
            "response_nonce": {
             "type": "string",
             "id": 6
            },
            "error_detail": {
             "type": "google.rpc.Status",
             "id": 7
            }
           }
          },
          "DeltaDiscoveryResponse": {
           "fields": {
            "system_version_info": {
             "type": "string",
             "id": 1
            },
            "resources": {
             "rule": "repeated",
             "type": "Resource",
             "id": 2
            },
            "type_url": {
             "type": "string",
             "id": 4
            },
            "nonce": {
             "type": "string",
             "id": 5
            },
            "removed_resources": {
             "rule": "repeated",
             "type": "string",
             "id": 6
            },
            "control_plane": {
             "type": "envoy.config.core.v3.ControlPlane",
             "id": 7
            },
            "resource_errors": {
             "rule": "repeated",
             "type": "ResourceError",
             "id": 9
            }
           }
          },
          "Resource": {
           "fields": {
            "version": {
             "type": "string",
             "id": 1
            },
            "resource": {
             "type": "google.protobuf.Any",
             "id": 2
            },
            "name": {
             "type": "string",
             "id": 3
            },
            "aliases": {
             "rule": "repeated",
             "type": "string",
             "id": 4
            },
            "ttl": {
             "type": "google.protobuf.Duration",
             "id": 6
            },
            "resource_name": {
             "type": "ResourceName",
             "id": 8
            },
            "metadata": {
             "type": "envoy.config.core.v3.Metadata",
             "id": 9
            }
           }
          }
         }
        }
       }
      },
      "endpoint": {
       "nested": {
        "v3": {
         "nested": {
          "EndpointDiscoveryService": {
           "methods": {
            "StreamEndpoints": {
             "requestType": "envoy.service.discovery.v3.DiscoveryRequest",
             "requestStream": true,
             "responseType": "envoy.service.discovery.v3.DiscoveryResponse",
             "responseStream": true
            },
            "DeltaEndpoints": {
             "requestType": "envoy.service.discovery.v3.DeltaDiscoveryRequest",
             "requestStream": true,
             "responseType": "envoy.service.discovery.v3.DeltaDiscoveryResponse",
             "responseStream": true
            }
           }
          }
         }
        }
       }
      },
      "listener": {
       "nested": {
        "v3": {
         "nested": {
          "ListenerDiscoveryService": {
           "methods": {
            "StreamListeners": {
             "requestType": "envoy.service.discovery.v3.DiscoveryRequest",
             "requestStream": true,
             "responseType": "envoy.service.discovery.v3.DiscoveryResponse",
             "responseStream": true
            },
            "DeltaListeners": {
             "requestType": "envoy.service.discovery.v3.DeltaDiscoveryRequest",
             "requestStream": true,
             "responseType": "envoy.service.discovery.v3.DeltaDiscoveryResponse",
             "responseStream": true
            }
           }
          }
         }
        }
       }
      },
      "load_stats": {
       "nested": {
        "v3": {
         "nested": {
          "LoadReportingService": {
           "methods": {
            "StreamLoadStats": {
             "requestType": "LoadStatsRequest",
             "requestStream": true,
             "responseType": "LoadStatsResponse",
             "responseStream": true
            }
           }
          },
          "LoadStatsRequest": {
           "fields": {
            "node": {
             "type": "envoy.config.core.v3.Node",
             "id": 1
            },
            "cluster_stats": {
             "rule": "repeated",
             "type": "envoy.config.endpoint.v3.ClusterStats",
             "id": 2
            }
           }
          },
          "LoadStatsResponse": {
           "fields": {
            "clusters": {
             "rule": "repeated",
             "type": "string",
             "id": 1
            },
            "load_reporting_interval": {
             "type": "google.protobuf.Duration",
             "id": 2
            },
            "report_endpoint_granularity": {
             "type": "bool",
             "id": 3
            },
            "send_all_clusters": {
             "type": "bool",
             "id": 4
            }
           }
          }
         }
        }
       }
      },
      "route": {
       "nested": {
        "v3": {
         "nested": {
          "RouteDiscoveryService": {
           "methods": {
            "StreamRoutes": {
             "requestType": "envoy.service.discovery.v3.DiscoveryRequest",
             "requestStream": true,
             "responseType": "envoy.service.discovery.v3.DiscoveryResponse",
             "responseStream": true
            },
            "DeltaRoutes": {
             "requestType": "envoy.service.discovery.v3.DeltaDiscoveryRequest",
             "requestStream": true,
             "responseType": "envoy.service.discovery.v3.DeltaDiscoveryResponse",
             "responseStream": true
            }
           }
          }
         }
        }
       }
      },
      "status": {
       "nested": {
        "v3": {
         "nested": {
          "ClientStatusDiscoveryService": {
           "methods": {
            "StreamClientStatus": {
             "requestType": "ClientStatusRequest",
             "requestStream": true,
             "responseType": "ClientStatusResponse",
             "responseStream": true
            },
            "FetchClientStatus": {
             "requestType": "ClientStatusRequest",
             "responseType": "ClientStatusResponse"
            }
           }
          },
          "ConfigStatus": {
           "values": {
            "UNKNOWN": 0,
            "SYNCED": 1,
            "NOT_SENT": 2,
            "STALE": 3,
            "ERROR": 4
           }
          },
          "ClientStatusRequest": {
           "fields": {
            "node_matchers": {
             "rule": "repeated",
             "type": "envoy.type.matcher.v3.NodeMatcher",
             "id": 1
            },
            "node": {
             "type": "envoy.config.core.v3.Node",
             "id": 2
            },
            "exclude_resource_contents": {
             "type": "bool",
             "id": 3
            }
           }
          },
          "ClientConfig": {
           "fields": {
            "node": {
             "type": "envoy.config.core.v3.Node",
             "id": 1
            },
            "generic_xds_configs": {
             "rule": "repeated",
             "type": "GenericXdsConfig",
             "id": 3
            }
           },
           "nested": {
            "GenericXdsConfig": {
             "fields": {
              "type_url": {
               "type": "string",
               "id": 1
              },
              "name": {
               "type": "string",
               "id": 2
              },
              "version_info": {
               "type": "string",
               "id": 3
              },
              "xds_config": {
               "type": "google.protobuf.Any",
               "id": 4
              },
              "last_updated": {
               "type": "google.protobuf.Timestamp",
               "id": 5
              },
              "config_status": {
               "type": "ConfigStatus",
               "id": 6
              },
              "client_status": {
               "type": "envoy.admin.v3.ClientResourceStatus",
               "id": 7
              },
              "error_state": {
               "type": "envoy.admin.v3.UpdateFailureState",
               "id": 8
              }
             }
            }
           }
          },
          "ClientStatusResponse": {
           "fields": {
            "config": {
             "rule": "repeated",
             "type": "ClientConfig",
             "id": 1
            }
           }
          }
         }
        }
       }
      }
     }
    },
    "type": {
     "nested": {
      "matcher": {
       "nested": {
        "v3": {
         "nested": {
          "NodeMatcher": {
           "fields": {
            "node_id": {
             "type": "StringMatcher",
             "id": 1
            },
            "node_metadatas": {
             "rule": "repeated",
             "type": "StructMatcher",
             "id": 2
            }
           }
          },
          "RegexMatcher": {
           "fields": {
            "regex": {
             "type": "string",
             "id": 2
            }
           }
          },
          "StringMatcher": {
           "oneofs": {
            "match_pattern": {
             "oneof": [
              "exact",
              "prefix",
              "suffix",
              "safe_regex",
              "contains"
             ]
            }
           },
           "fields": {
            "exact": {
             "type": "string",
             "id": 1
            },
            "prefix": {
             "type": "string",
             "id": 2
            },
            "suffix": {
             "type": "string",
             "id": 3
            },
            "safe_regex": {
             "type": "RegexMatcher",
             "id": 5
            },
            "contains": {
             "type": "string",
             "id": 7
            },
            "ignore_case": {
             "type": "bool",
             "id": 6
            }
           }
          },
          "StructMatcher": {
           "fields": {}
          }
         }
        }
       }
      },
      "v3": {
       "nested": {
        "Percent": {
         "fields": {
          "value": {
           "type": "double",
           "id": 1
          }
         }
        },
        "FractionalPercent": {
         "fields": {
          "numerator": {
           "type": "uint32",
           "id": 1
          },
          "denominator": {
           "type": "DenominatorType",
           "id": 2
          }
         },
         "nested": {
          "DenominatorType": {
           "values": {
            "HUNDRED": 0,
            "TEN_THOUSAND": 1,
            "MILLION": 2
           }
          }
         }
        },
        "SemanticVersion": {
         "fields": {
          "major_number": {
           "type": "uint32",
           "id": 1
          },
          "minor_number": {
           "type": "uint32",
           "id": 2
          },
          "patch": {
           "type": "uint32",
           "id": 3
          }
         }
        }
       }
      }
     }
    }
   }
  },
  "google": {
   "nested": {
    "protobuf": {
     "nested": {
      "Any": {
       "fields": {
        "type_url": {
         "type": "string",
         "id": 1
        },
        "value": {
         "type": "bytes",
         "id": 2
        }
       }
      },
      "Duration": {
       "fields": {
        "seconds": {
         "type": "int64",
         "id": 1
        },
        "nanos": {
         "type": "int32",
         "id": 2
        }
       }
      },
      "Struct": {
       "fields": {
        "fields": {
         "keyType": "string",
         "type": "Value",
         "id": 1
        }
       }
      },
      "Value": {
       "oneofs": {
        "kind": {
         "oneof": [
          "null_value",
          "number_value",
          "string_value",
          "bool_value",
          "struct_value",
          "list_value"
         ]
        }
       },
       "fields": {
        "null_value": {
         "type": "NullValue",
         "id": 1
        },
        "number_value": {
         "type": "double",
         "id": 2
        },
        "string_value": {
         "type": "string",
         "id": 3
        },
        "bool_value": {
         "type": "bool",
         "id": 4
        },
        "struct_value": {
         "type": "Struct",
         "id": 5
        },
        "list_value": {
         "type": "ListValue",
         "id": 6
        }
       }
      },
      "NullValue": {
       "values": {
        "NULL_VALUE": 0
       }
      },
      "ListValue": {
       "fields": {
        "values": {
         "rule": "repeated",
         "type": "Value",
         "id": 1
        }
       }
      },
      "Timestamp": {
       "fields": {
        "seconds": {
         "type": "int64",
         "id": 1
        },
        "nanos": {
         "type": "int32",
         "id": 2
        }
       }
      },
      "DoubleValue": {
       "fields": {
        "value": {
         "type": "double",
         "id": 1
        }
       }
      },
      "FloatValue": {
       "fields": {
        "value": {
         "type": "float",
         "id": 1
        }
       }
      },
      "UInt64Value": {
       "fields": {
        "value": {
         "type": "uint64",
         "id": 1
        }
       }
      },
      "UInt32Value": {
       "fields": {
        "value": {
         "type": "uint32",
         "id": 1
        }
       }
      },
      "BoolValue": {
       "fields": {
        "value": {
         "type": "bool",
         "id": 1
        }
       }
      }
     }
    },
    "rpc": {
     "nested": {
      "Status": {
       "fields": {
        "code": {
         "type": "int32",
         "id": 1
        },
        "message": {
         "type": "string",
         "id": 2
        },
        "details": {
         "rule": "repeated",
         "type": "google.protobuf.Any",
         "id": 3
        }
       }
      }
     }
    }
   }
  },
  "grpc": {
   "nested": {
    "health": {
     "nested": {
      "v1": {
       "nested": {
        "HealthCheckRequest": {
         "fields": {
          "service": {
           "type": "string",
           "id": 1
          }
         }
        },
        "HealthCheckResponse": {
         "fields": {
          "status": {
           "type": "ServingStatus",
           "id": 1
          }
         },
         "nested": {
          "ServingStatus": {
           "values": {
            "UNKNOWN": 0,
            "SERVING": 1,
            "NOT_SERVING": 2,
            "SERVICE_UNKNOWN": 3
           }
          }
         }
        },
        "Health": {
         "methods": {
          "Check": {
           "requestType": "HealthCheckRequest",
           "responseType": "HealthCheckResponse"
          },
          "Watch": {
           "requestType": "HealthCheckRequest",
           "responseType": "HealthCheckResponse",
           "responseStream": true
          }
         }
        }
       }
      }
     }
    },
    "reflection": {
     "nested": {
      "v1": {
       "nested": {
        "ServerReflection": {
         "methods": {
          "ServerReflectionInfo": {
           "requestType": "ServerReflectionRequest",
           "requestStream": true,
           "responseType": "ServerReflectionResponse",
           "responseStream": true
          }
         }
        },
        "ServerReflectionRequest": {
         "oneofs": {
          "message_request": {
           "oneof": [
            "file_by_filename",
            "file_containing_symbol",
            "file_containing_extension",
            "all_extension_numbers_of_type",
            "list_services"
           ]
          }
         },
         "fields": {
          "host": {
           "type": "string",
           "id": 1
          },
          "file_by_filename": {
           "type": "string",
           "id": 3
          },
          "file_containing_symbol": {
           "type": "string",
           "id": 4
          },
          "file_containing_extension": {
           "type": "ExtensionRequest",
           "id": 5
          },
          "all_extension_numbers_of_type": {
           "type": "string",
           "id": 6
          },
          "list_services": {
           "type": "string",
           "id": 7
          }
         }
        },
        "ExtensionRequest": {
         "fields": {
          "containing_type": {
           "type": "string",
           "id": 1
          },
          "extension_number": {
           "type": "int32",
           "id": 2
          }
         }
        },
        "ServerReflectionResponse": {
         "oneofs": {
          "message_response": {
           "oneof": [
            "file_descriptor_response",
            "all_extension_numbers_response",
            "list_services_response",
            "error_response"
           ]
          }
         },
         "fields": {
          "valid_host": {
           "type": "string",
           "id": 1
          },
          "original_request": {
           "type": "ServerReflectionRequest",
           "id": 2
          },
          "file_descriptor_response": {
           "type": "FileDescriptorResponse",
           "id": 4
          },
          "all_extension_numbers_response": {
           "type": "ExtensionNumberResponse",
           "id": 5
          },
          "list_services_response": {
           "type": "ListServiceResponse",
           "id": 6
          },
          "error_response": {
           "type": "ErrorResponse",
           "id": 7
          }
         }
        },
        "FileDescriptorResponse": {
         "fields": {
          "file_descriptor_proto": {
           "rule": "repeated",
           "type": "bytes",
           "id": 1
          }
         }
        },
        "ExtensionNumberResponse": {
         "fields": {
          "base_type_name": {
           "type": "string",
           "id": 1
          },
          "extension_number": {
           "rule": "repeated",
           "type": "int32",
           "id": 2
          }
         }
        },
        "ListServiceResponse": {
         "fields": {
          "service": {
           "rule": "repeated",
           "type": "ServiceResponse",
           "id": 1
          }
         }
        },
        "ServiceResponse": {
         "fields": {
          "name": {
           "type": "string",
           "id": 1
          }
         }
        },
        "ErrorResponse": {
         "fields": {
          "error_code": {
           "type": "int32",
           "id": 1
          },
          "error_message": {
           "type": "string",
           "id": 2
          }
         }
        }
       }
      }
     }
    }
   }
  }
 }
} as unknown as INamespace;
