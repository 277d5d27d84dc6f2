package main

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// push makes one change after the other, each when everybody has acknowledged the one before.
func push(rounds int, served *served, fleet *fleet) (pushed, error) {
	result := pushed{Kind: "pushed"}
	cpu, begin := cpuMicros(), time.Now()
	for range rounds {
		began := time.Now()
		streams, everybody := fleet.expect()
		if err := served.change(); err != nil {
			return result, err
		}
		<-everybody
		result.Pushes += streams
		result.AckedMs = append(result.AckedMs, millis(time.Since(began)))
	}
	result.CPUMicros, result.TookMs = cpuMicros()-cpu, millis(time.Since(begin))
	return result, nil
}

// cpuMicros is the CPU time of this process so far, all its threads, user and system.
func cpuMicros() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return (usage.Utime.Nano() + usage.Stime.Nano()) / 1_000
}

// residentBytesAfterGC gives back to the system what a collection frees, and reads proc(5), statm: the second number is
// the resident pages.
func residentBytesAfterGC() (int, error) {
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	return pages * os.Getpagesize(), err
}

func millis(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1_000 }
