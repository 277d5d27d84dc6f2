// Unmodified grpc-go with its own xDS client. With a service it calls xds:///SERVICE without end and prints `ok BACKEND` or
// `failed REASON` for each call. Without one it calls several at once, as its standard input says:
//
//	in   call SERVICE, stop SERVICE
//	out  ok SERVICE BACKEND, failed SERVICE REASON, stopped SERVICE
//
// usage: grpc-go [SERVICE]   (bootstrap file in GRPC_XDS_BOOTSTRAP)
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	_ "google.golang.org/grpc/xds" // registers the resolver of xds:///
)

const (
	pace     = 20 * time.Millisecond
	deadline = 10 * time.Second
)

func main() {
	if len(os.Args) > 1 {
		var never atomic.Bool
		keepCalling(os.Args[1], "", &never)
	}
	called := map[string]*atomic.Bool{}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		verb, service, _ := strings.Cut(lines.Text(), " ")
		if verb == "call" {
			called[service] = new(atomic.Bool)
			go keepCalling(service, service+" ", called[service])
		} else if stopped := called[service]; stopped != nil {
			stopped.Store(true)
		}
	}
}

// keepCalling calls a service until it is told to stop; about stands in front of what a line says.
func keepCalling(service, about string, stopped *atomic.Bool) {
	channel, err := grpc.NewClient("xds:///"+service,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(asIs{})))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for !stopped.Load() {
		if backend, err := call(channel); err == nil {
			say("ok " + about + backend)
		} else {
			failure := status.Convert(err)
			say(fmt.Sprintf("failed %s%s %s", about, failure.Code(), failure.Message()))
		}
		time.Sleep(pace)
	}
	channel.Close()
	say("stopped " + service)
}

func call(channel *grpc.ClientConn) (string, error) {
	within, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	question, answer := []byte("x"), []byte(nil)
	err := channel.Invoke(within, "/demo.Echo/Say", &question, &answer)
	return string(answer), err
}

// asIs leaves the bytes of a message as they are: the backend's method has no schema.
type asIs struct{}

func (asIs) Name() string { return "as-is" }

func (asIs) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }

func (asIs) Unmarshal(bytes []byte, message any) error {
	*message.(*[]byte) = append([]byte(nil), bytes...)
	return nil
}

var speaking sync.Mutex

// say prints a line of its own: what a reason says over several becomes one.
func say(line string) {
	speaking.Lock()
	defer speaking.Unlock()
	fmt.Println(strings.ReplaceAll(line, "\n", " "))
}
