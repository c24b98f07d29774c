/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Every message that crosses a boundary between the processes, once. Structs, encoder, decoder,
 * names, the hostile tests and docs/ipc.md are expanded from these rows; a process expands the list
 * of what it receives into its handlers, so that forgetting one does not compile.
 *
 * A list for each direction of each pair of roles; what two roles say alike is a list of its own in
 * both:
 *
 *   MESSAGE(SYMBOL, symbol, number, PHASES, descriptors, "what it says")
 *
 * and for each message its fields in the order in which they travel:
 *
 *   FIELD(type, name, limit)	type u8 u16 u32 u64 id hash bytes; limit in bytes, for bytes only
 *
 * PHASES: GREETING is a fresh channel, READY one whose handshake is done, BOTH either. A message of
 * another phase, with other descriptors or cut short is a violation, and so is anything behind one
 * with descriptors; behind others comes the next message of the packet.
 */

#define IPC_VERSION 10

/* No packet is larger; a field's limit may be smaller. Fits the kernel's default send buffer. */
#define IPC_PACKET_MAX (128 * 1024)
#define IPC_GRANT_MAX (56 * 1024)
#define IPC_REQUEST_MAX (48 * 1024)
#define IPC_SEAL_MAX 1024
#define IPC_INLINE_MAX (64 * 1024)
#define IPC_ANSWER_MAX (48 * 1024)
#define IPC_ITEMS_MAX (64 * 1024)
#define IPC_ADMINISTER_MAX (64 * 1024)
#define IPC_ADMINISTERED_MAX (80 * 1024)
#define IPC_BATCH_MAX (32 * 1024)
#define IPC_SAMPLES_MAX (64 * 1024)
#define IPC_DETAIL_MAX 512
#define IPC_TRAILER_MAX 4096
#define IPC_POSITION_MAX 1280
#define IPC_TENANTS_MAX 10000
#define IPC_ERRANDS_MAX 64	/* of PROVIDE and ERASE under way at once, each */

/* --- worker to authd ----------------------------------------------------------------------- */

#define IPC_FRONTEND_TO_AUTHD(MESSAGE)                                                             \
	MESSAGE(HELLO, hello, 1, GREETING, 0, "A worker introduces itself.")                       \
	MESSAGE(ASK, ask, 2, READY, 0,                                                             \
		"May this request happen? The head exactly as it arrived.")                        \
	MESSAGE(CHAIN, chain, 3, READY, 0,                                                         \
		"Chunks of a signed stream: lengths and the signatures the client claimed.")       \
	MESSAGE(FORGET, forget, 4, READY, 0, "The client of this call is gone.")                   \
	MESSAGE(PING, ping, 5, READY, 0, "Are you there? For a health check.")                     \
	MESSAGE(MEASURE, measure, 6, READY, 0, "What are your figures? For the metrics.")          \
	MESSAGE(ADMINISTER, administer, 7, READY, 0,                                               \
		"Do this for a tenant's administrator, if it is one who asks. Head and body exactly " \
		"as they arrived.")

#define IPC_HELLO_FIELDS(FIELD) FIELD(u32, version, 0)

/* dialect: enum s3_dialect, which is the listener's; a credential of the other one is worth nothing. */
#define IPC_ASK_FIELDS(FIELD)                                                                      \
	FIELD(u64, call, 0)                                                                        \
	FIELD(u64, request_id, 0)                                                                  \
	FIELD(u8, dialect, 0)                                                                      \
	FIELD(bytes, peer, 64)                                                                     \
	FIELD(bytes, method, 16)                                                                   \
	FIELD(bytes, target, 16 * 1024)                                                            \
	FIELD(bytes, fields, 32 * 1024)

/* chunks: each a u32 length and 32 bytes of signature; the final one has length 0. */
#define IPC_CHAIN_FIELDS(FIELD)                                                                    \
	FIELD(u64, call, 0)                                                                        \
	FIELD(u8, last, 0)                                                                         \
	FIELD(bytes, chunks, IPC_BATCH_MAX)                                                        \
	FIELD(bytes, trailer, IPC_TRAILER_MAX)                                                     \
	FIELD(bytes, trailer_signature, 32)

#define IPC_FORGET_FIELDS(FIELD) FIELD(u64, call, 0)
#define IPC_PING_FIELDS(FIELD) FIELD(u64, number, 0)
#define IPC_MEASURE_FIELDS(FIELD) FIELD(u64, number, 0)

#define IPC_ADMINISTER_FIELDS(FIELD)                                                               \
	FIELD(u64, call, 0)                                                                        \
	FIELD(u64, request_id, 0)                                                                  \
	FIELD(bytes, peer, 64)                                                                     \
	FIELD(bytes, method, 16)                                                                   \
	FIELD(bytes, target, 16 * 1024)                                                            \
	FIELD(bytes, fields, 32 * 1024)                                                            \
	FIELD(bytes, body, IPC_ADMINISTER_MAX)

/* --- authd to worker ----------------------------------------------------------------------- */

#define IPC_AUTHD_TO_FRONTEND(MESSAGE)                                                             \
	MESSAGE(WELCOME, welcome, 10, GREETING, 0, "The handshake is done.")                       \
	MESSAGE(TICKET, ticket, 11, READY, 0,                                                      \
		"What to show stored: this channel's id, sealed in the current epoch.")            \
	MESSAGE(GRANTED, granted, 12, READY, 0, "It may; here is the sealed grant.")               \
	MESSAGE(DENIED, denied, 13, READY, 0, "It may not, and this is what the client is told.")  \
	MESSAGE(CHAINED, chained, 14, READY, 0, "Every chunk was the client's; the seal of that.") \
	MESSAGE(PONG, pong, 15, READY, 0, "Yes; with the number of the PING.")                     \
	MESSAGE(MEASURED, measured, 16, READY, 0, "These; with the number of the MEASURE.")        \
	MESSAGE(ADMINISTERED, administered, 17, READY, 0,                                          \
		"What came of an ADMINISTER: HTTP's status, and a JSON document.")

#define IPC_WELCOME_FIELDS(FIELD) FIELD(u32, version, 0)

#define IPC_TICKET_FIELDS(FIELD)                                                                   \
	FIELD(u64, epoch, 0)                                                                       \
	FIELD(bytes, ticket, IPC_SEAL_MAX)

#define IPC_GRANTED_FIELDS(FIELD)                                                                  \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, grant, IPC_GRANT_MAX)

/* retry_after: seconds until it is worth trying again; 0: the usual. */
#define IPC_DENIED_FIELDS(FIELD)                                                                   \
	FIELD(u64, call, 0)                                                                        \
	FIELD(u16, error, 0)                                                                       \
	FIELD(u32, retry_after, 0)                                                                 \
	FIELD(bytes, detail, IPC_DETAIL_MAX)

#define IPC_CHAINED_FIELDS(FIELD)                                                                  \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, seal, IPC_SEAL_MAX)

#define IPC_PONG_FIELDS(FIELD) FIELD(u64, number, 0)

/* samples: as in ipc/sample.h. */
#define IPC_MEASURED_FIELDS(FIELD)                                                                 \
	FIELD(u64, number, 0)                                                                      \
	FIELD(bytes, samples, IPC_SAMPLES_MAX)

/* retry_after: seconds until it is worth trying again; 0: the usual. */
#define IPC_ADMINISTERED_FIELDS(FIELD)                                                             \
	FIELD(u64, call, 0)                                                                        \
	FIELD(u16, status, 0)                                                                      \
	FIELD(u32, retry_after, 0)                                                                 \
	FIELD(bytes, body, IPC_ADMINISTERED_MAX)

/* --- worker to stored ---------------------------------------------------------------------- */

#define IPC_FRONTEND_TO_STORED(MESSAGE)                                                            \
	IPC_WORKER_CALLS(MESSAGE)                                                                  \
	IPC_CALLS_UNDER_WAY(MESSAGE)

#define IPC_WORKER_CALLS(MESSAGE)                                                                  \
	MESSAGE(ENTER, enter, 20, GREETING, 0, "The ticket that names this channel.")              \
	MESSAGE(CALL, call, 21, READY, 0,                                                          \
		"Do what the grant says. With a small body inside, or it opens an upload.")        \
	MESSAGE(COMMAND, command, 22, READY, 1,                                                    \
		"The same with a document: a memfd sealed against every change.")                  \
	MESSAGE(LENGTHS, lengths, 23, READY, 0,                                                    \
		"Where the chunks of a signed stream end: their lengths, in order.")               \
	MESSAGE(STORE_PING, store_ping, 27, READY, 0, "Are you there? For a health check.")        \
	MESSAGE(STORE_MEASURE, store_measure, 28, READY, 0,                                        \
		"What are your figures? For the metrics.")

#define IPC_CALLS_UNDER_WAY(MESSAGE)                                                               \
	MESSAGE(COMMIT, commit, 24, READY, 0,                                                      \
		"All bytes are in the pipe, this many; the only thing that makes them an object.") \
	MESSAGE(NEXT, next, 25, READY, 0, "Extents before were sent; more of them.")               \
	MESSAGE(CANCEL, cancel, 26, READY, 0, "The client of this call is gone; drop it.")

#define IPC_ENTER_FIELDS(FIELD) FIELD(bytes, ticket, IPC_SEAL_MAX)

#define IPC_CALL_FIELDS(FIELD)                                                                     \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, grant, IPC_GRANT_MAX)                                                         \
	FIELD(u8, has_body, 0)                                                                     \
	FIELD(bytes, body, IPC_INLINE_MAX)

#define IPC_COMMAND_FIELDS(FIELD)                                                                  \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, grant, IPC_GRANT_MAX)                                                         \
	FIELD(u32, body_len, 0)

/* lengths: each a u32, without the final zero. */
#define IPC_LENGTHS_FIELDS(FIELD)                                                                  \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, lengths, IPC_BATCH_MAX)

/* seal: authd's, for signed streams; trailer: the checksum an unsigned trailer brought, base64. */
#define IPC_COMMIT_FIELDS(FIELD)                                                                   \
	FIELD(u64, call, 0)                                                                        \
	FIELD(u64, length, 0)                                                                      \
	FIELD(bytes, seal, IPC_SEAL_MAX)                                                           \
	FIELD(bytes, trailer, 64)

#define IPC_NEXT_FIELDS(FIELD) FIELD(u64, call, 0)
#define IPC_CANCEL_FIELDS(FIELD) FIELD(u64, call, 0)
#define IPC_STORE_PING_FIELDS(FIELD) FIELD(u64, number, 0)
#define IPC_STORE_MEASURE_FIELDS(FIELD) FIELD(u64, number, 0)

/* --- operator to stored -------------------------------------------------------------------- */

#define IPC_OPERATOR_TO_STORED(MESSAGE)                                                            \
	IPC_OPERATOR_CALLS(MESSAGE)                                                                \
	IPC_CALLS_UNDER_WAY(MESSAGE)

#define IPC_OPERATOR_CALLS(MESSAGE)                                                                \
	MESSAGE(PRESENT, present, 60, GREETING, 0, "The operator grant that opens this channel.")  \
	MESSAGE(OPERATE, operate, 61, READY, 0,                                                    \
		"Do this, within what the grant was for. With a small body or a document inside, or it "   \
		"opens an upload.")                                                                        \
	MESSAGE(USAGE, usage, 62, READY, 0,                                                        \
		"What is used, and what may be used, of a bucket or of all of the tenant.")        \
	MESSAGE(RECOUNT, recount, 63, READY, 0,                                                    \
		"Count what is in the bucket, and put its figures right where they are not.")      \
	MESSAGE(QUOTA, quota, 64, READY, 0,                                                        \
		"So much may be used, of a bucket or of all of the tenant.")                       \
	MESSAGE(SNAPSHOT, snapshot, 65, READY, 0,                                                  \
		"The tenant's catalog as it is now, and a list of what is in it: an OBJECT with two extents.") \
	MESSAGE(FETCH, fetch, 66, READY, 0, "A blob of the snapshot: an OBJECT with one extent.")  \
	MESSAGE(RECEIVE_CATALOG, receive_catalog, 67, READY, 1,                                    \
		"The catalog that the tenant is to have; a regular file.")                         \
	MESSAGE(RECEIVE_BLOB, receive_blob, 68, READY, 1,                                          \
		"A blob that this catalog names; a regular file.")                                 \
	MESSAGE(ADOPT, adopt, 69, READY, 0,                                                        \
		"Everything has come: the tenant has it from now on, or an error says what is missing.") \
	MESSAGE(SCRUB, scrub, 70, READY, 0,                                                        \
		"Read on in what is kept, and compare it; ITEMS for what is damaged.")

#define IPC_PRESENT_FIELDS(FIELD) FIELD(bytes, grant, IPC_SEAL_MAX)

/* request: as in a grant, ipc/request.h. */
#define IPC_OPERATE_FIELDS(FIELD)                                                                  \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, request, IPC_REQUEST_MAX)                                                     \
	FIELD(u8, has_body, 0)                                                                     \
	FIELD(bytes, body, IPC_INLINE_MAX)

/* bucket: empty is all of the tenant, also of QUOTA. */
#define IPC_USAGE_FIELDS(FIELD)                                                                    \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, bucket, 63)

#define IPC_RECOUNT_FIELDS(FIELD)                                                                  \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, bucket, 63)

/* bytes, objects: UINT64_MAX for none, else at most INT64_MAX; set, each: 1, or 0 and it stays. */
#define IPC_QUOTA_FIELDS(FIELD)                                                                    \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, bucket, 63)                                                                   \
	FIELD(u8, set_bytes, 0)                                                                    \
	FIELD(u64, bytes, 0)                                                                       \
	FIELD(u8, set_objects, 0)                                                                  \
	FIELD(u64, objects, 0)

#define IPC_SNAPSHOT_FIELDS(FIELD) FIELD(u64, call, 0)

#define IPC_FETCH_FIELDS(FIELD)                                                                    \
	FIELD(u64, call, 0)                                                                        \
	FIELD(id, blob, 0)

/* resumes: 1 where the tenant must have an unfinished restoration already; 0 where it must have nothing. */
#define IPC_RECEIVE_CATALOG_FIELDS(FIELD)                                                          \
	FIELD(u64, call, 0)                                                                        \
	FIELD(u8, resumes, 0)

#define IPC_RECEIVE_BLOB_FIELDS(FIELD)                                                             \
	FIELD(u64, call, 0)                                                                        \
	FIELD(id, blob, 0)

#define IPC_ADOPT_FIELDS(FIELD) FIELD(u64, call, 0)

/* bucket: empty is the tenant's catalog. position: where the step before has ended, or empty to begin. */
#define IPC_SCRUB_FIELDS(FIELD)                                                                    \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, bucket, 63)                                                                   \
	FIELD(bytes, position, IPC_POSITION_MAX)

/* --- stored to worker and to operator ------------------------------------------------------ */

#define IPC_STORED_TO_FRONTEND(MESSAGE)                                                            \
	IPC_ANSWERS(MESSAGE)                                                                       \
	IPC_WORKER_ANSWERS(MESSAGE)

#define IPC_STORED_TO_OPERATOR(MESSAGE) IPC_ANSWERS(MESSAGE)

#define IPC_ANSWERS(MESSAGE)                                                                       \
	MESSAGE(ENTERED, entered, 30, GREETING, 0, "The channel is open.")                         \
	MESSAGE(STALE, stale, 31, GREETING, 0,                                                     \
		"That is not good any more; come again with another.")                             \
	MESSAGE(PIPE, pipe, 32, READY, 1, "Write the body here, then COMMIT.")                     \
	MESSAGE(DONE, done, 33, READY, 0, "Done, and it is durable; or the end of the items.")     \
	MESSAGE(FAILED, failed, 34, READY, 0,                                                      \
		"Not done, nothing changed; what the client is told.")                             \
	MESSAGE(OBJECT, object, 35, READY, 0,                                                      \
		"What is known of an object; its bytes inside, or extents follow.")                \
	MESSAGE(EXTENT, extent, 36, READY, 1, "So many bytes of the object, from there.")          \
	MESSAGE(ITEMS, items, 37, READY, 0, "Items of a list; more or DONE follow.")

#define IPC_WORKER_ANSWERS(MESSAGE)                                                                \
	MESSAGE(STORE_PONG, store_pong, 38, READY, 0, "Yes; with the number of the STORE_PING.")   \
	MESSAGE(STORE_MEASURED, store_measured, 39, READY, 0,                                      \
		"These; with the number of the STORE_MEASURE.")

#define IPC_ENTERED_FIELDS(FIELD) FIELD(u32, inline_limit, 0)
#define IPC_STALE_FIELDS(FIELD) FIELD(u64, epoch, 0)
#define IPC_PIPE_FIELDS(FIELD) FIELD(u64, call, 0)

#define IPC_DONE_FIELDS(FIELD)                                                                     \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, answer, IPC_ANSWER_MAX)

#define IPC_FAILED_FIELDS(FIELD)                                                                   \
	FIELD(u64, call, 0)                                                                        \
	FIELD(u16, error, 0)                                                                       \
	FIELD(bytes, detail, IPC_DETAIL_MAX)                                                       \
	FIELD(bytes, answer, IPC_ANSWER_MAX)

/* extents: how many bytes follow in EXTENT messages; 0 where the body is inside or there is none. */
#define IPC_OBJECT_FIELDS(FIELD)                                                                   \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, answer, IPC_ANSWER_MAX)                                                       \
	FIELD(bytes, body, IPC_INLINE_MAX)                                                         \
	FIELD(u64, extents, 0)

#define IPC_EXTENT_FIELDS(FIELD)                                                                   \
	FIELD(u64, call, 0)                                                                        \
	FIELD(u64, offset, 0)                                                                      \
	FIELD(u64, length, 0)                                                                      \
	FIELD(u8, last, 0)

/* items: answers one after another, each behind its u32 length. */
#define IPC_ITEMS_FIELDS(FIELD)                                                                    \
	FIELD(u64, call, 0)                                                                        \
	FIELD(bytes, items, IPC_ITEMS_MAX)

#define IPC_STORE_PONG_FIELDS(FIELD) FIELD(u64, number, 0)

#define IPC_STORE_MEASURED_FIELDS(FIELD)                                                           \
	FIELD(u64, number, 0)                                                                      \
	FIELD(bytes, samples, IPC_SAMPLES_MAX)

/* --- stored to authd ----------------------------------------------------------------------- */

#define IPC_STORED_TO_AUTHD(MESSAGE)                                                               \
	MESSAGE(STORE_HELLO, store_hello, 40, GREETING, 0, "stored introduces itself.")            \
	MESSAGE(KEY_TAKEN, key_taken, 41, READY, 0, "From here on grants of this epoch open.")     \
	MESSAGE(HASHES, hashes, 42, READY, 0,                                                      \
		"SHA-256 of each chunk as it came through the pipe, in order, under a grant's "    \
		"id.")                                                                             \
	MESSAGE(UNCHAIN, unchain, 43, READY, 0, "The upload of this grant is gone.")               \
	MESSAGE(PROVIDED, provided, 44, READY, 0,                                                  \
		"The bucket of this order is the tenant's, durably; or why it is not.")            \
	MESSAGE(ERASED, erased, 45, READY, 0,                                                      \
		"Nothing of the tenant of this order is left; or why something is.")               \
	MESSAGE(SUSPEND_TAKEN, suspend_taken, 46, READY, 0,                                        \
		"What the tenant of this order has is closed from here on; or is not any more.")         \
	MESSAGE(REFUSED, refused, 47, READY, 0,                                                    \
		"What was granted is not allowed after all: for the audit log.")

#define IPC_STORE_HELLO_FIELDS(FIELD) FIELD(u32, version, 0)
#define IPC_KEY_TAKEN_FIELDS(FIELD) FIELD(u64, epoch, 0)

/* hashes: 32 bytes each. The empty final chunk has none: its hash is the same for everyone. */
#define IPC_HASHES_FIELDS(FIELD)                                                                   \
	FIELD(id, grant, 0)                                                                        \
	FIELD(bytes, hashes, IPC_BATCH_MAX)

#define IPC_UNCHAIN_FIELDS(FIELD) FIELD(id, grant, 0)

/* error: enum s3_error, 0 also where the tenant had the bucket before. */
#define IPC_PROVIDED_FIELDS(FIELD)                                                                 \
	FIELD(u64, order, 0)                                                                       \
	FIELD(u16, error, 0)

/* error: enum s3_error; BUCKET_NOT_EMPTY where the tenant has a bucket and was to have none. */
#define IPC_ERASED_FIELDS(FIELD)                                                                   \
	FIELD(u64, order, 0)                                                                       \
	FIELD(u16, error, 0)

#define IPC_SUSPEND_TAKEN_FIELDS(FIELD) FIELD(u64, order, 0)

/*
 * error: enum s3_error. operation: enum s3_operation. peer: where it comes from. bucket: empty where it
 * is nobody's. untold: how many before it there was no room to tell of.
 */
#define IPC_REFUSED_FIELDS(FIELD)                                                                  \
	FIELD(u64, request_id, 0)                                                                  \
	FIELD(u16, error, 0)                                                                       \
	FIELD(u16, operation, 0)                                                                   \
	FIELD(bytes, credential, 256)                                                              \
	FIELD(bytes, peer, 64)                                                                     \
	FIELD(bytes, bucket, 63)                                                                   \
	FIELD(u64, untold, 0)

/* --- authd to stored ----------------------------------------------------------------------- */

#define IPC_AUTHD_TO_STORED(MESSAGE)                                                               \
	MESSAGE(KEY, key, 50, GREETING, 0, "The seal key of a new epoch.")                         \
	MESSAGE(PROVIDE, provide, 51, READY, 0, "Let this tenant have a bucket of that name.")     \
	MESSAGE(ERASE, erase, 52, READY, 0, "Let nothing be left of this tenant; or ask whether that may be.") \
	MESSAGE(SUSPENDED, suspended, 53, GREETING, 0,                                             \
		"Tenants that are suspended or go: all of them, before the KEY, in as many of these as it takes.") \
	MESSAGE(SUSPEND, suspend, 54, READY, 0,                                                    \
		"Let nobody have what is this tenant's; or let them again.")

#define IPC_KEY_FIELDS(FIELD)                                                                      \
	FIELD(u64, epoch, 0)                                                                       \
	FIELD(hash, key, 0)

#define IPC_PROVIDE_FIELDS(FIELD)                                                                  \
	FIELD(u64, order, 0)                                                                       \
	FIELD(id, tenant, 0)                                                                       \
	FIELD(bytes, bucket, 63)

/* mode: enum erase_mode. */
#define IPC_ERASE_FIELDS(FIELD)                                                                    \
	FIELD(u64, order, 0)                                                                       \
	FIELD(id, tenant, 0)                                                                       \
	FIELD(u8, mode, 0)

/* tenants: their ids, 16 bytes each. At most IPC_TENANTS_MAX in all. */
#define IPC_SUSPENDED_FIELDS(FIELD) FIELD(bytes, tenants, IPC_BATCH_MAX)

#define IPC_SUSPEND_FIELDS(FIELD)                                                                  \
	FIELD(u64, order, 0)                                                                       \
	FIELD(id, tenant, 0)                                                                       \
	FIELD(u8, suspended, 0)

/* --- all of them, each once ---------------------------------------------------------------- */

#define IPC_MESSAGES(MESSAGE)                                                                      \
	IPC_FRONTEND_TO_AUTHD(MESSAGE)                                                             \
	IPC_AUTHD_TO_FRONTEND(MESSAGE)                                                             \
	IPC_WORKER_CALLS(MESSAGE)                                                                  \
	IPC_OPERATOR_CALLS(MESSAGE)                                                                \
	IPC_CALLS_UNDER_WAY(MESSAGE)                                                               \
	IPC_ANSWERS(MESSAGE)                                                                       \
	IPC_WORKER_ANSWERS(MESSAGE)                                                                \
	IPC_STORED_TO_AUTHD(MESSAGE)                                                               \
	IPC_AUTHD_TO_STORED(MESSAGE)

/* DIRECTION(SYMBOL, "from", "to") */
#define IPC_DIRECTIONS(DIRECTION)                                                                  \
	DIRECTION(FRONTEND_TO_AUTHD, "frontend", "authd")                                          \
	DIRECTION(AUTHD_TO_FRONTEND, "authd", "frontend")                                          \
	DIRECTION(FRONTEND_TO_STORED, "frontend", "stored")                                        \
	DIRECTION(OPERATOR_TO_STORED, "operator", "stored")                                        \
	DIRECTION(STORED_TO_FRONTEND, "stored", "frontend")                                        \
	DIRECTION(STORED_TO_OPERATOR, "stored", "operator")                                        \
	DIRECTION(STORED_TO_AUTHD, "stored", "authd")                                              \
	DIRECTION(AUTHD_TO_STORED, "authd", "stored")
