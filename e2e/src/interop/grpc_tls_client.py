"""Opens an ADS stream with C-core over TLS and prints how many bytes of a first answer come, or why none does.

usage: grpc_tls_client.py PORT CA CERT KEY REQUEST   (REQUEST: a DiscoveryRequest in hex)
"""
import sys
import threading

import grpc

port, ca, cert, key, request = sys.argv[1:]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def requests(ended):
    yield bytes.fromhex(request)
    ended.wait()


channel = grpc.secure_channel("127.0.0.1:" + port, grpc.ssl_channel_credentials(read(ca), read(key), read(cert)))
stream = channel.stream_stream("/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources")
ended = threading.Event()
try:
    print("answered", len(next(stream(requests(ended), timeout=20))), flush=True)
except grpc.RpcError as error:
    print("failed", error.code(), error.details(), flush=True)
ended.set()
