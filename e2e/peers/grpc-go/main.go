// A channel of grpc-go's own xDS client: calls xds:///SERVICE every 20 ms and prints who answered, or why nobody did.
//
// usage: grpc-go SERVICE   (bootstrap file in GRPC_XDS_BOOTSTRAP)
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	_ "google.golang.org/grpc/xds" // registers the resolver of xds:///
)

// asIs leaves the bytes of a message as they are: the backend's method has no schema.
type asIs struct{}

func (asIs) Name() string { return "as-is" }

func (asIs) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }

func (asIs) Unmarshal(bytes []byte, message any) error {
	*message.(*[]byte) = append([]byte(nil), bytes...)
	return nil
}

func main() {
	channel, err := grpc.NewClient("xds:///"+os.Args[1],
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(asIs{})))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		fmt.Println(call(channel))
		time.Sleep(20 * time.Millisecond)
	}
}

func call(channel *grpc.ClientConn) string {
	within, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	question, answer := []byte("x"), []byte(nil)
	if err := channel.Invoke(within, "/demo.Echo/Say", &question, &answer); err != nil {
		failure := status.Convert(err)
		return fmt.Sprintf("failed %s %s", failure.Code(), failure.Message())
	}
	return "ok " + string(answer)
}
