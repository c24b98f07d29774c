/* SPDX-License-Identifier: Apache-2.0 */

/* What stored says about one object of an import, and what comes next. */

#include "base/fd.h"
#include "client/shown.h"
#include "client/transfer/importer.h"
#include "client/transfer/incoming_steps.h"
#include "ipc/answer.h"

static bool keep_etag(struct incoming *it, struct span etag)
{
	if (etag.len >= sizeof(it->etag))
		return false;
	memcpy(it->etag, etag.data, etag.len);
	it->etag[etag.len] = '\0';
	return true;
}

static void only_looked(struct incoming *it, bool is_there, bool is_same_size)
{
	it->was_there = is_there && is_same_size;
	if (!is_there || is_same_size || it->importer->config->overwrite)
		incoming_finish(it);
	else
		incoming_fail(it, "its key is there with another size; --overwrite replaces it");
}

static void found(struct incoming *it, const struct answer *a)
{
	bool is_same_size = a->size == it->entry->size;

	if (it->importer->config->dry_run)
		only_looked(it, true, is_same_size);
	else if (!keep_etag(it, a->etag))
		incoming_fail(it, OPERATOR_NOT_UNDERSTOOD);
	else if (is_same_size)
		incoming_sum_up(it);
	else
		incoming_take_place(it);
}

static void fetched(struct incoming *it, const struct ipc_object *m)
{
	struct digest_value d;
	int r;

	if (m->extents) {
		incoming_move(it, INCOMING_CHECKING);
		mover_add(&it->importer->mover, it);
		return;
	}
	r = digest_of(m->body, &d);
	if (r < 0)
		incoming_fail(it, "cannot be summed up: %s", strerrordesc_np(-r));
	else
		incoming_checked(it, &d);
}

static void take_object(struct incoming *it, const struct ipc_object *m, int *fd)
{
	struct answer a;

	if (!answer_decode(m->answer, &a))
		incoming_fail(it, OPERATOR_NOT_UNDERSTOOD);
	else if (it->state == INCOMING_LOOKING)
		found(it, &a);
	else if (it->state == INCOMING_FETCHING)
		fetched(it, m);
	else
		incoming_fail(it, OPERATOR_NOT_UNDERSTOOD);
}

static void take_extent(struct incoming *it, const struct ipc_extent *m, int *fd)
{
	if (it->n_extents == INCOMING_EXTENTS_MAX) {
		incoming_fail(it, "stored sends more of it than was asked for");
		return;
	}
	it->extents[it->n_extents++] = (struct operator_extent){
		.fd = steal_fd(*fd), .offset = m->offset, .length = m->length, .last = m->last
	};
}

static void take_pipe(struct incoming *it, const struct ipc_pipe *m, int *fd)
{
	if (it->state != INCOMING_OPENING) {
		incoming_fail(it, OPERATOR_NOT_UNDERSTOOD);
		return;
	}
	incoming_move(it, INCOMING_STREAMING);
	mover_take_pipe(&it->importer->mover, it, steal_fd(*fd));
}

/* It is an object, durably, and has the checksum that was asked for; what else is said must fit. */
static void take_done(struct incoming *it, const struct ipc_done *m, int *fd)
{
	struct answer a;

	if (it->state != INCOMING_COMMITTING || !answer_decode(m->answer, &a) ||
	    !keep_etag(it, a.etag))
		incoming_fail(it, OPERATOR_NOT_UNDERSTOOD);
	else if (strcmp(it->etag, it->digest.etag) != 0 || a.size != it->digest.length)
		incoming_fail(it, "stored has other bytes than were read");
	else
		incoming_verify(it);
}

/* Nothing is listed. */
static void take_items(struct incoming *it, const struct ipc_items *m, int *fd)
{
	incoming_fail(it, OPERATOR_NOT_UNDERSTOOD);
}

/* --- hearing that it did not work ------------------------------------------------------------ */

/* What is not about this object, and would be said of the next one, too. */
static bool concerns_all(enum s3_error e)
{
	return e == S3_ERROR_INSUFFICIENT_STORAGE || e == S3_ERROR_QUOTA_EXCEEDED ||
	       e == S3_ERROR_NO_SUCH_BUCKET || e == S3_ERROR_ACCESS_DENIED;
}

static bool is_new(const struct incoming *it, enum s3_error e)
{
	if (it->state != INCOMING_LOOKING)
		return false;
	/* A dry run makes no bucket. */
	return e == S3_ERROR_NO_SUCH_KEY ||
	       (e == S3_ERROR_NO_SUCH_BUCKET && it->importer->config->dry_run);
}

/* Somebody put another object under the key meanwhile: it is looked at again, as if nobody had said
 * no. */
static enum s3_error as_of_another(enum s3_error e)
{
	return e == S3_ERROR_PRECONDITION_FAILED ? S3_ERROR_SERVICE_UNAVAILABLE : e;
}

static void take_failed(struct incoming *it, const struct ipc_failed *m, int *fd)
{
	enum s3_error e = operator_error(m);
	const char *says = s3_errors[e].message;
	uint64_t due_ns;

	if (is_new(it, e) && it->importer->config->dry_run)
		only_looked(it, false, false);
	else if (is_new(it, e))
		incoming_put(it);
	else if (it->state == INCOMING_FETCHING && e == S3_ERROR_PRECONDITION_FAILED)
		incoming_fail(it, "somebody has replaced it meanwhile");
	else if (concerns_all(e))
		importer_stop(it->importer, "stored says of %s: %s", SHOWN(incoming_key(it)), says);
	else if (operator_may_retry(as_of_another(e), &it->attempts, &due_ns))
		incoming_begin_again(it, due_ns);
	else
		incoming_fail(it, "stored says: %s", says);
}

void incoming_heard(struct operator_call *c, const struct ipc_message *m, int *fd)
{
	struct incoming *it = (struct incoming *)c;

	if (!m) {
		incoming_begin_again(it, 0);
		return;
	}
	switch ((int)m->number) {
#define MESSAGE(SYMBOL, symbol, ...)                                                               \
	case IPC_##SYMBOL:                                                                         \
		take_##symbol(it, &m->symbol, fd);                                                 \
		break;
		MESSAGE(PIPE, pipe)
		MESSAGE(DONE, done)
		MESSAGE(FAILED, failed)
		MESSAGE(OBJECT, object)
		MESSAGE(EXTENT, extent)
		MESSAGE(ITEMS, items)
#undef MESSAGE
	}
}
