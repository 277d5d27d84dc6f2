package main

import (
	"context"
	"fmt"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const clusterName = "c0"

// served is the one assignment that everybody has, in one of the library's caches.
type served struct {
	cache     cache.Cache
	endpoints int
	changes   int
	// publish gives the cache a new content under a version of its own.
	publish func(version string, content *endpoint.ClusterLoadAssignment) error
}

// everybody puts all clients under one key of the SnapshotCache: one snapshot to set for a change, which is the least work.
type everybody struct{}

func (everybody) ID(*core.Node) string { return "everybody" }

func newServed(kind string, endpoints int) (*served, error) {
	made := &served{endpoints: endpoints}
	switch kind {
	case "snapshot":
		snapshots := cache.NewSnapshotCache(true, everybody{}, nil)
		made.cache = snapshots
		made.publish = func(version string, content *endpoint.ClusterLoadAssignment) error {
			snapshot, err := cache.NewSnapshot(version, map[resource.Type][]types.Resource{resource.EndpointType: {content}})
			if err != nil {
				return err
			}
			return snapshots.SetSnapshot(context.Background(), everybody{}.ID(nil), snapshot)
		}
	case "linear":
		assignments := cache.NewLinearCache(resource.EndpointType)
		made.cache = assignments
		made.publish = func(_ string, content *endpoint.ClusterLoadAssignment) error {
			return assignments.UpdateResource(clusterName, content)
		}
	default:
		return nil, fmt.Errorf("no such cache: %q", kind)
	}
	return made, made.publish("start", assignment(endpoints, 100))
}

// change re-weights one endpoint, as the bench's own server does.
func (s *served) change() error {
	s.changes++
	return s.publish(strconv.Itoa(s.changes), assignment(s.endpoints, uint32(1+s.changes%1_000)))
}

// assignment is, field by field, the one of e2e/src/bench/xds-server-main.ts.
func assignment(endpoints int, firstWeight uint32) *endpoint.ClusterLoadAssignment {
	all := make([]*endpoint.LbEndpoint, endpoints)
	for index := range all {
		weight := uint32(100)
		if index == 0 {
			weight = firstWeight
		}
		all[index] = lbEndpoint(fmt.Sprintf("10.0.%d.%d", index>>8, index&255), weight)
	}
	return &endpoint.ClusterLoadAssignment{
		ClusterName: clusterName,
		Endpoints: []*endpoint.LocalityLbEndpoints{{
			Locality:            &core.Locality{Zone: "a"},
			LoadBalancingWeight: wrapperspb.UInt32(1),
			LbEndpoints:         all,
		}},
	}
}

func lbEndpoint(address string, weight uint32) *endpoint.LbEndpoint {
	socket := &core.SocketAddress{Address: address, PortSpecifier: &core.SocketAddress_PortValue{PortValue: 8_080}}
	at := &core.Address{Address: &core.Address_SocketAddress{SocketAddress: socket}}
	return &endpoint.LbEndpoint{
		HostIdentifier:      &endpoint.LbEndpoint_Endpoint{Endpoint: &endpoint.Endpoint{Address: at}},
		LoadBalancingWeight: wrapperspb.UInt32(weight),
	}
}
