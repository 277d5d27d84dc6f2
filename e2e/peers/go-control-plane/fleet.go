package main

import (
	"context"
	"sync"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
)

// fleet counts the connected clients and their acknowledgements.
type fleet struct {
	mutex   sync.Mutex
	streams int
	missing int
	// everybody is closed when nobody's acknowledgement is missing any more.
	everybody chan struct{}
}

func newFleet() *fleet { return &fleet{} }

// expect begins to wait for one acknowledgement of each client that is connected now; says how many they are.
func (f *fleet) expect() (int, <-chan struct{}) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.missing = f.streams
	f.everybody = make(chan struct{})
	if f.missing == 0 {
		close(f.everybody)
	}
	return f.streams, f.everybody
}

func (f *fleet) callbacks() server.Callbacks {
	return server.CallbackFuncs{
		DeltaStreamOpenFunc: func(context.Context, int64, string) error {
			f.connected(1)
			return nil
		},
		DeltaStreamClosedFunc: func(int64, *core.Node) { f.connected(-1) },
		StreamDeltaRequestFunc: func(_ int64, request *discovery.DeltaDiscoveryRequest) error {
			if request.GetResponseNonce() != "" && request.GetErrorDetail() == nil {
				f.acked()
			}
			return nil
		},
	}
}

func (f *fleet) connected(change int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.streams += change
}

func (f *fleet) acked() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.missing--
	if f.missing == 0 {
		close(f.everybody)
	}
}
