"""A channel of C-core's own xDS client: calls xds:///SERVICE every 20 ms and prints who answered, or why nobody did.

usage: grpc_client.py SERVICE   (bootstrap file in GRPC_XDS_BOOTSTRAP)
"""
import sys
import time

import grpc

channel = grpc.insecure_channel("xds:///" + sys.argv[1])
say = channel.unary_unary("/demo.Echo/Say")
while True:
    try:
        print("ok", say(b"x", timeout=5).decode(), flush=True)
    except grpc.RpcError as error:
        print("failed", error.code(), error.details(), flush=True)
    time.sleep(0.02)
