// Takes in player events as Gamehall does, for comparison: net/http and franz-go, an answer when
// Kafka has acknowledged. It checks that an event is JSON of the right shape, and nothing else.
//
//	KAFKA=sasl_plaintext://USER:PASSWORD@BROKERS ingest TOPIC ADDRESS
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

type event struct {
	EventID    string          `json:"event_id"`
	EventType  string          `json:"event_type"`
	PlayerID   string          `json:"player_id"`
	GameID     string          `json:"game_id"`
	Timestamp  time.Time       `json:"timestamp"`
	IngestedAt time.Time       `json:"ingested_at"`
	Data       json.RawMessage `json:"data"`
}

type answer struct {
	Status     string    `json:"status"`
	EventID    string    `json:"event_id"`
	IngestedAt time.Time `json:"ingested_at"`
}

type result struct {
	Status  string `json:"status"`
	EventID string `json:"event_id"`
}

type batchAnswer struct {
	Accepted   int       `json:"accepted"`
	IngestedAt time.Time `json:"ingested_at"`
	Results    []result  `json:"results"`
}

type service struct {
	client *kgo.Client
	topic  string
}

func (s *service) record(e *event, now time.Time) (*kgo.Record, error) {
	if e.EventType == "" || e.PlayerID == "" || e.GameID == "" || e.Timestamp.IsZero() {
		return nil, fmt.Errorf("a field is missing")
	}
	if e.EventID == "" {
		e.EventID = uuid.Must(uuid.NewV7()).String()
	}
	e.IngestedAt = now
	value, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return &kgo.Record{
		Topic: s.topic,
		Key:   []byte(e.PlayerID),
		Value: value,
		Headers: []kgo.RecordHeader{
			{Key: "event_type", Value: []byte(e.EventType)},
			{Key: "event_id", Value: []byte(e.EventID)},
		},
	}, nil
}

// produce returns when all records are acknowledged, or one of them has failed.
func (s *service) produce(ctx context.Context, records []*kgo.Record) error {
	var waiting sync.WaitGroup
	var failed atomic.Value
	waiting.Add(len(records))
	for _, record := range records {
		s.client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			if err != nil {
				failed.Store(err)
			}
			waiting.Done()
		})
	}
	waiting.Wait()
	if err, ok := failed.Load().(error); ok {
		return err
	}
	return nil
}

func (s *service) one(w http.ResponseWriter, r *http.Request) {
	now := time.Now().UTC()
	var e event
	if err := read(r, 64<<10, &e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	record, err := s.record(&e, now)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	if err := s.produce(r.Context(), []*kgo.Record{record}); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	respond(w, answer{"success", e.EventID, now})
}

func (s *service) many(w http.ResponseWriter, r *http.Request) {
	now := time.Now().UTC()
	var events []event
	if err := read(r, 1<<20, &events); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	records := make([]*kgo.Record, 0, len(events))
	results := make([]result, len(events))
	for i := range events {
		record, err := s.record(&events[i], now)
		if err != nil {
			results[i] = result{"refused", ""}
			continue
		}
		records = append(records, record)
		results[i] = result{"accepted", events[i].EventID}
	}
	if err := s.produce(r.Context(), records); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	respond(w, batchAnswer{len(records), now, results})
}

func read(r *http.Request, limit int64, into any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit))
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func respond(w http.ResponseWriter, what any) {
	body, err := json.Marshal(what)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// The brokers of an address, and the user and password in front of them.
func reach(address string) []kgo.Opt {
	login, brokers, _ := strings.Cut(address[strings.Index(address, "//")+2:], "@")
	user, password, _ := strings.Cut(login, ":")
	return []kgo.Opt{
		kgo.SeedBrokers(strings.Split(brokers, ",")...),
		kgo.SASL(plain.Auth{User: user, Pass: password}.AsMechanism()),
	}
}

func main() {
	client, err := kgo.NewClient(append(
		reach(os.Getenv("KAFKA")),
		kgo.ProducerLinger(time.Millisecond),
		kgo.ProducerBatchCompression(kgo.Lz4Compression()),
		kgo.MaxBufferedRecords(200_000),
	)...)
	if err != nil {
		log.Fatal(err)
	}
	s := &service{client, os.Args[1]}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/events", s.one)
	mux.HandleFunc("POST /api/v1/events/batch", s.many)
	listener, err := net.Listen("tcp", os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening")
	log.Fatal(http.Serve(listener, mux))
}
