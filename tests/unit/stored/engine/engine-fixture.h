/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A store in a fresh directory, for the engine's tests: changes are submitted and waited for, and
 * what a test says twice is said here once. Whatever is not as expected ends the test with
 * assert().
 */

#undef NDEBUG
#include <assert.h>
#include <pthread.h>
#include <stdio.h>

#include "stored/change.h"
#include "stored/engine/engine.h"

struct fixture {
	char directory[64];
	struct store_config config; /* may be changed between fixture_init() and fixture_open() */
	struct store *store;
	struct ipc_id tenant;
};

/* Makes the directory; nothing is opened. */
void fixture_init(struct fixture *f);
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f); /* a second fixture_open() finds what is there */
void fixture_remove(struct fixture *f);

/* The usual: init and open, with a bucket called "bucket". */
void fixture_begin(struct fixture *f);

/* The same, but with the catalog that the SQL in the file `dump` makes in place of that bucket. */
void fixture_begin_from(struct fixture *f, const char *dump);

/* What that opens. */
void fixture_prepare_from(struct fixture *f, const char *dump);

void fixture_end(struct fixture *f);

struct ipc_id other_tenant(void);

/* Runs SQL on a tenant's catalog behind the store's back: while it is closed. */
void fixture_sql(struct fixture *f, const struct ipc_id *tenant, const char *sql);

/* Waits for the change's outcome, as in a request. It stays the caller's. */
int submit(struct fixture *f, struct change *c);

/* Bytes that only this number gives. */
void fill(uint8_t *to, size_t len, unsigned int number);

struct change *new_change(struct fixture *f, enum change_kind kind, const char *key);

/* A blob with these bytes, finished. */
struct blob *make_blob(struct fixture *f, struct span bytes);

/* As hashing would have computed it. */
void describe_data(struct change_data *d, struct span bytes);

int create_bucket(struct fixture *f, const char *name);
int delete_bucket(struct fixture *f, const char *name);
int find_bucket(struct fixture *f, const char *name);

/* What act() gives where the other tenant does it. */
int as_other(struct fixture *f, int (*act)(struct fixture *f, const char *name), const char *name);

/* The catalog and the names of the fixture's tenant; erase_wholly() also all files. */
int erase(struct fixture *f, enum erase_mode mode);
int erase_wholly(struct fixture *f);
bool has_directory(const struct fixture *f);

int put(struct fixture *f, const char *key, struct span bytes); /* inline */
int put_blob(struct fixture *f, const char *key, struct span bytes);

/* n objects at once: submitted together, then waited for. Each holds its own key. */
void put_all(struct fixture *f, size_t n, const struct span *keys);

int put_if(struct fixture *f, const char *key, struct span bytes, const char *if_match,
	   const char *if_none_match);
int delete_object(struct fixture *f, const char *key);
int delete_key(struct fixture *f, struct span key);
int copy(struct fixture *f, const char *from, const char *to);

/* UPLOAD_ID_TEXT_MAX characters go to ret. */
int create_upload(struct fixture *f, const char *key, enum checksum_algorithm a,
		  enum checksum_type type, char *ret_id);
int put_part(struct fixture *f, const char *key, const char *id, uint16_t number, struct span bytes,
	     char *ret_etag);
int complete(struct fixture *f, const char *key, const char *id, size_t n, const uint16_t *numbers,
	     char (*etags)[ETAG_TEXT_MAX], struct change_made *ret);
int abort_upload(struct fixture *f, const char *key, const char *id);

/* The object, or NULL; *ret_error is set. */
struct object *find(struct fixture *f, const char *key, unsigned int with, int *ret_error);

/* Whether the key holds exactly these bytes, read as a client would get them. */
bool holds(struct fixture *f, const char *key, struct span bytes);
bool is_missing(struct fixture *f, const char *key);

/* Reads an object whole; *ret is from malloc(). */
struct span read_object(struct fixture *f, const struct object *o, uint8_t **ret);

/* Files under the tenant's blobs/ and staging/. */
size_t count_files(struct fixture *f);

/* Buries until nothing of the tenant's dead is left that is not pinned. */
void bury(struct fixture *f);

#define RUN(test)                                                                                  \
	do {                                                                                       \
		fprintf(stderr, "%s\n", #test);                                                    \
		test();                                                                            \
	} while (0)
