// go-control-plane as a peer of the fan-out bench: the same cluster to the same clients, one change when everybody has
// acknowledged the one before. Orders come as lines of JSON on stdin, reports go as lines of JSON to stdout; what they
// mean is written in e2e/src/bench/fanout/fleet-protocol.ts.
//
// usage: go-control-plane snapshot|linear ENDPOINTS
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	if len(os.Args) != 3 {
		return fmt.Errorf("usage: go-control-plane snapshot|linear ENDPOINTS")
	}
	endpoints, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	served, err := newServed(os.Args[1], endpoints)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fleet := newFleet()
	xds := server.NewServer(context.Background(), served.cache, fleet.callbacks())
	grpcServer := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, xds)
	go func() {
		fmt.Fprintln(os.Stderr, grpcServer.Serve(listener))
		os.Exit(1)
	}()
	report(listening{"listening", listener.Addr().(*net.TCPAddr).Port})
	return obey(bufio.NewScanner(os.Stdin), served, fleet)
}

type order struct {
	Kind   string `json:"kind"`
	Rounds int    `json:"rounds"`
}

type listening struct {
	Kind string `json:"kind"`
	Port int    `json:"port"`
}

type measured struct {
	Kind     string `json:"kind"`
	RSSBytes int    `json:"rssBytes"`
}

type pushed struct {
	Kind      string    `json:"kind"`
	Pushes    int       `json:"pushes"`
	CPUMicros int64     `json:"cpuMicros"`
	TookMs    float64   `json:"tookMs"`
	AckedMs   []float64 `json:"ackedMs"`
}

// obey carries out one order after the other until stdin ends.
func obey(orders *bufio.Scanner, served *served, fleet *fleet) error {
	for orders.Scan() {
		var next order
		if err := json.Unmarshal(orders.Bytes(), &next); err != nil {
			return err
		}
		switch next.Kind {
		case "measure":
			rss, err := residentBytesAfterGC()
			if err != nil {
				return err
			}
			report(measured{"measured", rss})
		case "push":
			done, err := push(next.Rounds, served, fleet)
			if err != nil {
				return err
			}
			report(done)
		default:
			return fmt.Errorf("no such order: %q", next.Kind)
		}
	}
	return orders.Err()
}

func report(message any) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}
