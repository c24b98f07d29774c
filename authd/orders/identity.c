/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Orders about the identities of a tenant as a whole, which go with its backup. They leave sealed
 * to somebody's key, and come sealed to this host's: whoever may order it sees no secret by that.
 */

#include <sodium.h>
#include <sys/stat.h>

#include "authd/authd.h"
#include "authd/orders/orders.h"
#include "authd/orders/reply.h"
#include "base/fd.h"
#include "s3/encoding.h"

static void free_guarded(uint8_t **bytes)
{
	sodium_free(*bytes);
}

json_t *order_host_key(struct order *o, struct change **ret)
{
	char text[RECIPIENT_TEXT_SIZE];

	recipient_format(strongbox_recipient(o->authd->strongbox), text);
	return reply_done("host", json_pack("{s:s}", "key", text));
}

static json_t *reply_counts(const struct tenant *t, size_t n_users, size_t n_keys, size_t n_tokens)
{
	return json_pack("{s:s, s:I, s:I, s:I}", "tenant", t->name, "users", (json_int_t)n_users,
			 "keys", (json_int_t)n_keys, "tokens", (json_int_t)n_tokens);
}

/* --- away --------------------------------------------------------------------------------- */

static json_t *refuse_large(const struct tenant *t)
{
	return reply_refused("nothing was exported",
			     "The identities of the tenant %s have more than %llu MiB.", t->name,
			     (unsigned long long)(IDENTITIES_MAX / MIB));
}

/* As text; NULL where there is no memory, or *ret_refusal. */
static json_t *seal(struct span plain, const struct recipient *to, json_t **ret_refusal)
{
	size_t len = plain.len + STRONGBOX_OVERHEAD;
	_cleanup_(freep) uint8_t *sealed = malloc(len);
	_cleanup_(freep) char *text = malloc(BASE64_TEXT_SIZE(len));

	if (!sealed || !text)
		return NULL;
	if (!strongbox_seal(to, plain, sealed)) {
		*ret_refusal = reply_refused("nothing was exported",
					     "This recipient is no key that can be sealed to.");
		return NULL;
	}
	base64_encode((struct span){ sealed, len }, text);
	return json_string_nocheck(text);
}

static json_t *describe(const struct order *o, const struct tenant *t)
{
	size_t n_users = 0, n_keys = 0, n_tokens = 0;

	for (const struct user *u = keyring_users(o->authd->keyring); u; u = u->next)
		n_users += u->tenant == t;
	for (const struct access_key *a = keyring_keys(o->authd->keyring); a; a = a->next)
		n_keys += a->tenant == t;
	for (const struct token *k = tokens_first(keyring_tokens(o->authd->keyring)); k;
	     k = k->next)
		n_tokens += k->tenant == t;
	return reply_counts(t, n_users, n_keys, n_tokens);
}

json_t *order_identity_export(struct order *o, struct change **ret)
{
	_cleanup_(free_guarded) uint8_t *guarded = NULL;
	struct tenant *t = NULL;
	json_t *answer = order_find_tenant(o, MEMBER_TENANT, &t), *sealed, *told;
	struct recipient to;
	struct buffer plain;
	size_t bound;

	if (!t)
		return answer;
	bound = identities_bound(o->authd->keyring, t);
	if (bound > IDENTITIES_MAX)
		return refuse_large(t);
	guarded = sodium_malloc(bound);
	if (!guarded || !recipient_parse(order_text(o, MEMBER_RECIPIENT), &to))
		return NULL;
	/* There is room for all, so that it never grows, which would be elsewhere. */
	plain = (struct buffer){ .data = guarded, .size = bound, .limit = bound };
	if (identities_encode(o->authd->keyring, t, &plain) < 0)
		return NULL;
	answer = NULL;
	sealed = seal(buffer_span(&plain), &to, &answer);
	if (!sealed)
		return answer;
	told = describe(o, t);
	if (json_object_set_new(told, "sealed", sealed) == 0)
		return reply_done("identities", told);
	json_decref(told);
	return NULL;
}

/* --- here --------------------------------------------------------------------------------- */

static json_t *refuse_file(void)
{
	return reply_refused("a memfd with all its seals, and at most 32 MiB",
			     "The file that came along is not one that can be read.");
}

static json_t *refuse_foreign(void)
{
	return reply_refused("cofferctl host key shows the key of this host; nothing was imported",
			     "These identities are not sealed to this host, or they are damaged.");
}

/* What came along, into fresh memory. NULL, and the refusal, or none for lack of memory. */
static uint8_t *read_file(int fd, size_t *ret_len, json_t **ret_refusal)
{
	struct stat st;
	uint8_t *bytes;

	if (!fd_is_sealed(fd) || fstat(fd, &st) < 0 || st.st_size <= STRONGBOX_OVERHEAD ||
	    (uint64_t)st.st_size > IDENTITIES_MAX + STRONGBOX_OVERHEAD) {
		*ret_refusal = refuse_file();
		return NULL;
	}
	bytes = malloc((size_t)st.st_size);
	if (!bytes)
		return NULL;
	if (fd_pread_all(fd, bytes, (size_t)st.st_size, 0) < 0) {
		free(bytes);
		*ret_refusal = refuse_file();
		return NULL;
	}
	*ret_len = (size_t)st.st_size;
	return bytes;
}

/* As those of the tenant. NULL, and the refusal, or none for lack of memory. */
static struct identities *unseal(const struct order *o, struct tenant *t, json_t **ret_refusal)
{
	_cleanup_(freep) uint8_t *sealed = NULL;
	_cleanup_(free_guarded) uint8_t *plain = NULL;
	struct identities_complaint complaint;
	struct identities *made = NULL;
	size_t len = 0;
	int r;

	sealed = read_file(o->file, &len, ret_refusal);
	if (!sealed)
		return NULL;
	plain = sodium_malloc(len - STRONGBOX_OVERHEAD);
	if (!plain)
		return NULL;
	if (!strongbox_open(o->authd->strongbox, (struct span){ sealed, len }, plain)) {
		*ret_refusal = refuse_foreign();
		return NULL;
	}
	r = identities_decode(o->authd->keyring, t,
			      (struct span){ plain, len - STRONGBOX_OVERHEAD }, &made, &complaint);
	if (r > 0)
		*ret_refusal = reply_refused("nothing was imported", "%s", complaint.text);
	return made;
}

/* NULL, or the refusal. */
static json_t *check_policies(const struct keyring *k, const struct tenant *t,
			      const struct identities *i)
{
	size_t len = 0;

	for (const struct user *u = i->users; u; u = u->next)
		len += user_policy_len(u->policy_text, u->policy);
	if (t->policies_len + len > KEYRING_TENANT_POLICIES_MAX)
		return reply_refused("nothing was imported",
				     "The policies of the tenant's users would take more than %zu "
				     "MiB.",
				     (size_t)(KEYRING_TENANT_POLICIES_MAX / MIB));
	if (keyring_policies_len(k) + len > KEYRING_POLICIES_MAX)
		return reply_refused("nothing was imported", "There is no room for more policies.");
	return NULL;
}

/* The same of how many there are. */
static json_t *check_room(const struct order *o, const struct tenant *t, const struct identities *i)
{
	const struct keyring *k = o->authd->keyring;

	if (keyring_user_count(k) + i->n_users + WRITER_QUEUE_MAX > KEYRING_USERS_MAX)
		return reply_refused("nothing was imported", "There would be too many users.");
	if (keyring_key_count(k) + i->n_keys + WRITER_QUEUE_MAX > KEYRING_KEYS_MAX)
		return reply_refused("nothing was imported",
				     "There would be too many access keys.");
	if (tokens_count(keyring_tokens(k)) + i->n_tokens > TOKENS_MAX)
		return reply_refused("nothing was imported", "There would be too many tokens.");
	return check_policies(k, t, i);
}

/* Those of users who are there already, with what they have. */
static json_t *check_holders(const struct order *o, const struct identities *i)
{
	const struct keyring *k = o->authd->keyring;

	for (const struct access_key *a = i->keys; a; a = a->next) {
		const struct user *u = keyring_find_user_number(k, a->user_number);
		size_t n = u ? keyring_keys_of(k, u) : 0;

		for (const struct access_key *b = i->keys; u && b; b = b->next)
			n += b->user_number == a->user_number;
		if (n > USER_KEYS_MAX)
			return reply_refused("nothing was imported",
					     "The user %s would have more than %d access keys.",
					     u->name, USER_KEYS_MAX);
	}
	return NULL;
}

static json_t *name_users(const struct user *first)
{
	json_t *list = json_array();

	for (const struct user *u = first; u && reply_add_item(&list, json_string(u->name));)
		u = u->next;
	return list;
}

static json_t *name_keys(const struct access_key *first)
{
	json_t *list = json_array();

	for (const struct access_key *a = first; a && reply_add_item(&list, json_string(a->id));)
		a = a->next;
	return list;
}

static json_t *name_tokens(const struct token *first)
{
	json_t *list = json_array();

	for (const struct token *t = first; t && reply_add_item(&list, json_string(t->name));)
		t = t->next;
	return list;
}

static json_t *name_all(const struct identities *i)
{
	return json_pack("{s:o, s:o, s:o}", "users", name_users(i->users), "keys",
			 name_keys(i->keys), "tokens", name_tokens(i->tokens));
}

/* Takes the answer, and tells in it what is in the way. */
static json_t *add_names(json_t *answer, json_t *to, const char *member,
			 const struct identities *in_the_way)
{
	if (json_object_set_new(to, member, name_all(in_the_way)) == 0)
		return answer;
	json_decref(answer);
	return NULL;
}

static bool are_any(const struct identities *i)
{
	return i->n_users || i->n_keys || i->n_tokens;
}

static json_t *refuse_existing(const struct identities *in_the_way)
{
	json_t *refusal = reply_refused(
		"nothing was imported; with --skip-existing these stay as they are, and the rest "
		"is "
		"imported",
		"There are already, and not the same: %zu users, %zu access keys, %zu tokens.",
		in_the_way->n_users, in_the_way->n_keys, in_the_way->n_tokens);

	return add_names(refusal, refusal, "in_the_way", in_the_way);
}

/* Everything is looked at. NULL, and what is to be imported is in *i; or the refusal. */
static json_t *prepare(const struct order *o, const struct tenant *t, struct identities *i,
		       struct identities *in_the_way, bool *ret_failed)
{
	struct span canonical = order_text(o, MEMBER_CANONICAL_ID);
	json_t *refusal;

	if (!span_equal(span_from_string(i->tenant->canonical_id), canonical))
		return reply_refused("each backup has its own; nothing was imported",
				     "These are the identities of another tenant, %s.",
				     i->tenant->name);
	*ret_failed = identities_sift(i, o->authd->keyring, t, in_the_way) < 0;
	if (*ret_failed)
		return NULL;
	if (are_any(in_the_way) && !json_is_true(o->values[MEMBER_SKIP_EXISTING]))
		return refuse_existing(in_the_way);
	refusal = check_room(o, t, i);
	return refusal ? refusal : check_holders(o, i);
}

json_t *order_identity_import(struct order *o, struct change **ret)
{
	_cleanup_(identities_freep) struct identities *i = NULL, *in_the_way = NULL;
	struct tenant *t = NULL;
	json_t *answer = order_find_tenant(o, MEMBER_TENANT, &t), *told;
	bool failed = false;

	if (!t)
		return answer;
	/* So many come with one that what two of them promise might be more than there is room for.
	 */
	if (writer_is_making(o->authd->writer, CHANGE_IMPORT_IDENTITIES))
		return reply_again(reply_refused("try again", "Another import is under way."));
	in_the_way = calloc(1, sizeof(*in_the_way));
	if (!in_the_way)
		return NULL;
	i = unseal(o, t, &answer);
	if (!i)
		return answer;
	answer = prepare(o, t, i, in_the_way, &failed);
	if (answer || failed)
		return answer;
	told = reply_counts(t, i->n_users, i->n_keys, i->n_tokens);
	*ret = order_change(CHANGE_IMPORT_IDENTITIES);
	if (*ret) {
		(*ret)->number = t->number;
		(*ret)->identities = steal_ptr(i);
	}
	return reply_done("identities", add_names(told, told, "skipped", in_the_way));
}
