"""C-core's own xDS client that calls several services at once, as its standard input says; see calling-client.ts for the lines.

usage: grpc_caller.py   (bootstrap file in GRPC_XDS_BOOTSTRAP)
"""
import sys
import threading
import time

import grpc

PACE_S = 0.025
DEADLINE_S = 10

called = set()
speaking = threading.Lock()


def say(*words):
    with speaking:
        print(*words, flush=True)


def keep_calling(service):
    channel = grpc.insecure_channel("xds:///" + service)
    call = channel.unary_unary("/demo.Echo/Say")
    while service in called:
        try:
            say("ok", service, call(b"x", timeout=DEADLINE_S).decode())
        except grpc.RpcError as error:
            say("failed", service, error.code(), error.details())
        time.sleep(PACE_S)
    channel.close()
    say("stopped", service)


for line in sys.stdin:
    verb, service = line.split()
    if verb == "call":
        called.add(service)
        threading.Thread(target=keep_calling, args=(service,), daemon=True).start()
    else:
        called.discard(service)
