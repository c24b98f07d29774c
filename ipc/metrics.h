/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Every figure that Coffer shows to those who run it, once. The exposition, docs/metrics.md and what
 * the daemons tell the frontend about themselves are expanded from these rows.
 *
 *   METRIC(SYMBOL, "name", FROM, KIND, UNIT, "labels", "help")
 *
 *   FROM	who counts it: FRONTEND, AUTHD, both of them (GATES), STORED, or ALL
 *   KIND	COUNTER, GAUGE, TIMES or SIZES: the last two are histograms on those scales (base/meter.h)
 *   UNIT	NUMBER, or SECONDS, which are nanoseconds until they are shown
 *   labels	their names, each behind the one before it and a comma
 *
 * Names follow https://prometheus.io/docs/practices/naming/. No label ever has a value that a client
 * chose: not a key, not a bucket, not an access key.
 */
#define METRICS(METRIC)                                                                            \
	METRIC(BUILD_INFO, "coffer_build_info", ALL, GAUGE, NUMBER, "daemon,version,confinement",  \
	       "Always 1: which Coffer the daemon is, and how it is confined (full, one-uid, "     \
	       "degraded)")                                                                        \
	METRIC(LANDLOCK, "coffer_landlock_abi", ALL, GAUGE, NUMBER, "daemon",                      \
	       "Which version of Landlock confines the daemon's files; 0: none does")              \
	METRIC(UP, "coffer_up", FRONTEND, GAUGE, NUMBER, "daemon",                                 \
	       "1 if the daemon has answered this scrape; if it has not, its metrics are missing") \
	METRIC(START_TIME, "coffer_start_time_seconds", ALL, GAUGE, SECONDS, "daemon",             \
	       "When the daemon started, in seconds since 1970")                                   \
	METRIC(IPC_QUEUE, "coffer_ipc_queue_bytes", ALL, GAUGE, NUMBER, "from,to",                 \
	       "Bytes of messages that wait until the other daemon reads them")                    \
	METRIC(IPC_LOSSES, "coffer_ipc_losses_total", ALL, COUNTER, NUMBER, "daemon,peer,why",     \
	       "Channels between daemons that have ended: hangup, violation, stuck, failure")      \
	METRIC(WORKERS, "coffer_frontend_workers", FRONTEND, GAUGE, NUMBER, "",                    \
	       "Worker processes that run")                                                        \
	METRIC(WORKER_STARTS, "coffer_frontend_worker_starts_total", FRONTEND, COUNTER, NUMBER,    \
	       "", "Worker processes that were started, the first ones too")                       \
	METRIC(CONNECTIONS, "coffer_connections", FRONTEND, GAUGE, NUMBER, "",                     \
	       "Clients' connections that are open")                                               \
	METRIC(IN_FLIGHT, "coffer_requests_in_flight", FRONTEND, GAUGE, NUMBER, "",                \
	       "Requests that have begun and not ended")                                           \
	METRIC(REQUESTS, "coffer_requests_total", FRONTEND, COUNTER, NUMBER,                       \
	       "operation,dialect,status",                                                         \
	       "Requests that have ended; the operation of those that authd did not let pass is "  \
	       "none")                                                                             \
	METRIC(ERRORS, "coffer_errors_total", FRONTEND, COUNTER, NUMBER, "code",                   \
	       "Errors that clients were told")                                                    \
	METRIC(ABORTED, "coffer_requests_aborted_total", FRONTEND, COUNTER, NUMBER, "",            \
	       "Requests whose client did not get all of the answer")                              \
	METRIC(RECEIVED, "coffer_received_bytes_total", FRONTEND, COUNTER, NUMBER, "operation",    \
	       "Bytes of requests' bodies as they came, framing of chunks included")               \
	METRIC(SENT, "coffer_sent_bytes_total", FRONTEND, COUNTER, NUMBER, "operation",            \
	       "Bytes of answers' bodies that clients got whole")                                  \
	METRIC(REQUEST_TIME, "coffer_request_seconds", FRONTEND, TIMES, SECONDS, "operation",      \
	       "From the request line to the last byte of the answer, the client's pace included") \
	METRIC(ANSWER_TIME, "coffer_answer_seconds", FRONTEND, TIMES, SECONDS, "operation",        \
	       "From the request line until the answer was ready, the client's body included")     \
	METRIC(TENANT_REQUESTS, "coffer_tenant_requests_total", FRONTEND, COUNTER, NUMBER,         \
	       "tenant,status",                                                                    \
	       "Requests of a tenant that have ended; tenants who find no place among the 256 of " \
	       "a worker are (other)")                                                             \
	METRIC(TENANT_RECEIVED, "coffer_tenant_received_bytes_total", FRONTEND, COUNTER, NUMBER,   \
	       "tenant", "Bytes of a tenant's requests' bodies")                                   \
	METRIC(TENANT_SENT, "coffer_tenant_sent_bytes_total", FRONTEND, COUNTER, NUMBER, "tenant", \
	       "Bytes of answers' bodies that a tenant's clients got whole")                       \
	METRIC(TENANT_TIME, "coffer_tenant_request_seconds", FRONTEND, TIMES, SECONDS, "tenant",   \
	       "As coffer_request_seconds")                                                        \
	METRIC(SCRAPES, "coffer_scrapes_total", FRONTEND, COUNTER, NUMBER, "outcome",              \
	       "Who asked for these figures: answered; refused, for want of the token or the uid") \
	METRIC(GRANTS, "coffer_authd_grants_total", AUTHD, COUNTER, NUMBER, "dialect",             \
	       "Requests that authd let pass")                                                     \
	METRIC(DENIALS, "coffer_authd_denials_total", AUTHD, COUNTER, NUMBER, "error",             \
	       "Requests that authd did not let pass, and why, whatever the client was told")      \
	METRIC(SLOWED, "coffer_authd_slowed_total", AUTHD, COUNTER, NUMBER, "limit",               \
	       "Denials for too many requests of a credential (requests) or of a tenant, and for "  \
	       "too many wrong credentials from an address (logins)")                               \
	METRIC(LIMITED, "coffer_limited_total", GATES, COUNTER, NUMBER, "tenant,limit",            \
	       "Requests that were refused since a limit of their tenant was reached: requests "   \
	       "(a second), parallel (under way), bandwidth (too many already wait for it)")        \
	METRIC(EPOCHS, "coffer_authd_epochs_total", AUTHD, COUNTER, NUMBER, "",                    \
	       "Seal keys that were made: one each time that stored comes")                        \
	METRIC(AUTHD_WORKERS, "coffer_authd_workers", AUTHD, GAUGE, NUMBER, "",                    \
	       "Workers that authd serves")                                                        \
	METRIC(STREAMS, "coffer_authd_signed_streams", AUTHD, GAUGE, NUMBER, "",                   \
	       "Uploads under way whose chunks are signed")                                        \
	METRIC(TENANTS, "coffer_authd_tenants", AUTHD, GAUGE, NUMBER, "", "Tenants")               \
	METRIC(KEYS, "coffer_authd_access_keys", AUTHD, GAUGE, NUMBER, "",                         \
	       "Access keys, disabled ones included")                                              \
	METRIC(TOKENS, "coffer_authd_tokens", AUTHD, GAUGE, NUMBER, "",                            \
	       "Bearer tokens, expired ones included")                                             \
	METRIC(ORDERS, "coffer_authd_orders_total", AUTHD, COUNTER, NUMBER, "outcome",             \
	       "What was asked over the admin socket: done, refused, failed")                      \
	METRIC(CHANGES_WAITING, "coffer_authd_writes_waiting", AUTHD, GAUGE, NUMBER, "",           \
	       "Changes and audit records that are still to be written")                           \
	METRIC(AUDIT_LOST, "coffer_authd_audit_lost_total", AUTHD, COUNTER, NUMBER, "",            \
	       "Audit records that did not get to the disk; orders that change something are "     \
	       "refused then")                                                                     \
	METRIC(REFUSALS, "coffer_stored_refusals_total", STORED, COUNTER, NUMBER, "error",         \
	       "Requests that authd let pass and the policy of a bucket or of a user, the "        \
	       "bounds of a token or a tenant's suspension did not; of a DeleteObjects one, "      \
	       "however many of its keys")                                                         \
	METRIC(CATALOG_READS, "coffer_stored_catalog_reads_total", STORED, COUNTER, NUMBER, "",    \
	       "How often a tenant's catalog was read: for a request that was let pass, and for "  \
	       "the policy of a bucket that is not in memory")                                     \
	METRIC(RECALLS, "coffer_stored_recalls_total", STORED, COUNTER, NUMBER, "outcome",         \
	       "GET and HEAD of objects that were looked for among those that are in memory "      \
	       "(object-memory): hit, miss")                                                       \
	METRIC(RECALL_OBJECTS, "coffer_stored_recall_objects", STORED, GAUGE, NUMBER, "",          \
	       "Objects, small ones or what is known of others, that are in memory")               \
	METRIC(RECALL_BYTES, "coffer_stored_recall_bytes", STORED, GAUGE, NUMBER, "",              \
	       "Bytes of memory that they take, at most as object-memory says")                    \
	METRIC(COMMIT_CHANGES, "coffer_stored_commit_changes", STORED, SIZES, NUMBER, "",          \
	       "How many changes share one transaction, and its flush")                            \
	METRIC(COMMIT_TIME, "coffer_stored_commit_seconds", STORED, TIMES, SECONDS, "",            \
	       "How long a catalog's commit takes, with its flush")                                \
	METRIC(FLUSH_TIME, "coffer_stored_flush_seconds", STORED, TIMES, SECONDS, "of",            \
	       "How long the disk takes to have a large body, or a directory")                     \
	METRIC(QUEUE, "coffer_stored_queue_length", STORED, GAUGE, NUMBER, "of",                   \
	       "What waits for a thread: lookups and small bodies (readers), flushes of large "    \
	       "ones (flushers), copies (copiers), changes (committers)")                          \
	METRIC(CALLS, "coffer_stored_calls", STORED, GAUGE, NUMBER, "",                            \
	       "Requests that stored is at")                                                       \
	METRIC(UPLOADS, "coffer_stored_uploads", STORED, GAUGE, NUMBER, "",                        \
	       "Bodies that are coming in")                                                        \
	METRIC(CHANNELS, "coffer_stored_channels", STORED, GAUGE, NUMBER, "of",                    \
	       "Workers and operators that are connected")                                         \
	METRIC(CATALOGS, "coffer_stored_open_catalogs", STORED, GAUGE, NUMBER, "",                 \
	       "Tenants' catalogs that are open")                                                  \
	METRIC(DISK_SIZE, "coffer_stored_disk_size_bytes", STORED, GAUGE, NUMBER, "",              \
	       "Size of the file system that the data is on")                                      \
	METRIC(DISK_FREE, "coffer_stored_disk_free_bytes", STORED, GAUGE, NUMBER, "",              \
	       "Free bytes of it, those only root may use left out")                               \
	METRIC(DISK_FLOOR, "coffer_stored_disk_floor_bytes", STORED, GAUGE, NUMBER, "",            \
	       "Once only so many are free, uploads are refused")                                  \
	METRIC(TENANT_OBJECTS, "coffer_stored_tenant_objects", STORED, GAUGE, NUMBER, "tenant",    \
	       "Objects of a tenant, as all of these: of the first 100 that have asked something " \
	       "since the start, while they are not idle for long")                                \
	METRIC(TENANT_BYTES, "coffer_stored_tenant_bytes", STORED, GAUGE, NUMBER, "tenant",        \
	       "Bytes of its objects, as clients see them")                                        \
	METRIC(TENANT_UPLOADS, "coffer_stored_tenant_uploads", STORED, GAUGE, NUMBER, "tenant",    \
	       "Its uploads in parts that are not finished")                                       \
	METRIC(TENANT_UPLOAD_BYTES, "coffer_stored_tenant_upload_bytes", STORED, GAUGE, NUMBER,    \
	       "tenant", "Bytes of their parts")                                                   \
	METRIC(TENANT_QUOTA_OBJECTS, "coffer_stored_tenant_quota_objects", STORED, GAUGE, NUMBER,  \
	       "tenant", "How many objects and unfinished uploads it may have; missing where "     \
	       "there is no quota")                                                                \
	METRIC(TENANT_QUOTA_BYTES, "coffer_stored_tenant_quota_bytes", STORED, GAUGE, NUMBER,      \
	       "tenant", "How many bytes they may have; missing where there is no quota")          \
	METRIC(SWEPT, "coffer_stored_swept_blobs_total", STORED, COUNTER, NUMBER, "why",           \
	       "Files of bodies that were removed: dropped (never became part of an object), "     \
	       "dead (no object has it any more), orphan (left by a crash)")                       \
	METRIC(EXPIRED, "coffer_stored_expired_uploads_total", STORED, COUNTER, NUMBER, "",        \
	       "Uploads in parts that were ended since nobody had finished them in time "          \
	       "(uploads-expire)")                                                                 \
	METRIC(SCRUBBED, "coffer_stored_scrubbed_bytes_total", STORED, COUNTER, NUMBER, "",        \
	       "Bytes of bodies that `cofferctl scrub` had read and compared")                     \
	METRIC(DAMAGES, "coffer_stored_damages_found_total", STORED, COUNTER, NUMBER, "what",      \
	       "Damages that it has found, each time anew: missing, length, checksum, "            \
	       "unreadable, row, catalog")

#include "base/meter.h"
#include "base/span.h"

enum metric {
#define METRIC(SYMBOL, ...) METRIC_##SYMBOL,
	METRICS(METRIC)
#undef METRIC
	METRIC_COUNT,
};

enum metric_from {
	METRIC_FROM_FRONTEND = 1,
	METRIC_FROM_AUTHD = 2,
	METRIC_FROM_STORED = 4,
	METRIC_FROM_GATES = METRIC_FROM_FRONTEND | METRIC_FROM_AUTHD,	/* who lets requests pass */
	METRIC_FROM_ALL = 7,
};

enum metric_kind {
	METRIC_KIND_COUNTER,
	METRIC_KIND_GAUGE,
	METRIC_KIND_TIMES,
	METRIC_KIND_SIZES,
};

enum metric_unit {
	METRIC_UNIT_NUMBER,
	METRIC_UNIT_SECONDS,
};

#define METRIC_LABELS_MAX 3

struct metric_row {
	const char *name;
	enum metric_from from;
	enum metric_kind kind;
	enum metric_unit unit;
	const char *labels;
	const char *help;
};

extern const struct metric_row metric_rows[METRIC_COUNT];

/* How many labels it has. */
size_t metric_label_count(enum metric m);

static inline bool metric_is_histogram(enum metric m)
{
	return metric_rows[m].kind == METRIC_KIND_TIMES || metric_rows[m].kind == METRIC_KIND_SIZES;
}

/* Of a histogram. */
static inline enum meter_scale metric_scale(enum metric m)
{
	return metric_rows[m].kind == METRIC_KIND_TIMES ? METER_SCALE_TIMES : METER_SCALE_SIZES;
}

/* How many numbers a sample of it has: one; a histogram one for each bucket, and their sum. */
size_t metric_value_count(enum metric m);
