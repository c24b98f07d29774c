/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/identities/identities.h"

#include <sodium.h>

#undef NDEBUG
#include <assert.h>

#define POLICY                                                                                     \
	"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\","     \
	"\"Resource\":\"*\"}}"

static const uint8_t master[KEYRING_MASTER_LEN] = { 1, 2, 3 };

/* A host with its tenants. */
struct host {
	struct keyring *keyring;
	struct tenant *acme;
	uint64_t last;
};

static struct tenant *add_tenant(struct host *h, const char *name)
{
	struct tenant *t;

	assert(tenant_new(span_from_string(name), SPAN("Acme Ltd"), SPAN("ops@acme.example"),
			  SPAN(""), &t) == 0);
	t->number = ++h->last;
	assert(keyring_add_tenant(h->keyring, t) == KEYRING_OK);
	return t;
}

static struct user *add_user(struct host *h, struct tenant *t, const char *name, const char *policy)
{
	struct policy_complaint complaint;
	struct policy_document *compiled;
	struct user *u;
	char *text;

	assert(user_new(t, span_from_string(name), &u) == 0);
	u->number = ++h->last;
	if (policy) {
		assert(user_policy_read(span_from_string(policy), true, &text, &compiled,
					&complaint) == 0);
		user_set_policy(u, text, compiled);
	}
	assert(keyring_add_user(h->keyring, u) == KEYRING_OK);
	return u;
}

static struct access_key *add_key(struct host *h, struct tenant *t, const struct user *u,
				  const char *id, const char *secret)
{
	struct access_key *a;

	assert(access_key_new(h->keyring, t, span_from_string(id), span_from_string(secret), &a) ==
	       0);
	a->number = ++h->last;
	a->user_number = u ? u->number : 0;
	assert(keyring_add_key(h->keyring, a) == KEYRING_OK);
	return a;
}

static struct token *add_token(struct host *h, const struct tenant *t, const char *name,
			       uint8_t mark)
{
	const struct token_terms terms = { .name = span_from_string(name),
					   .bucket = SPAN("photos"),
					   .prefix = SPAN("cats/"),
					   .scopes = TOKEN_SCOPE_READ,
					   .rate = 7,
					   .created_s = 8,
					   .expires_s = 9 };
	uint8_t hash[TOKEN_HASH_LEN] = { mark };
	struct token *made;

	assert(token_new(t, &terms, hash, &made) == 0);
	made->number = ++h->last;
	assert(tokens_add(keyring_tokens(h->keyring), made) == KEYRING_OK);
	return made;
}

static void host_open(struct host *h)
{
	*h = (struct host){ 0 };
	assert(keyring_new(master, &h->keyring) == 0);
	h->acme = add_tenant(h, "acme");
}

static void host_close(struct host *h)
{
	keyring_free(h->keyring);
}

static void fill(struct host *h)
{
	struct user *alice = add_user(h, h->acme, "alice", POLICY);
	struct user *bob = add_user(h, h->acme, "bob", NULL);

	bob->administrator = true;
	add_key(h, h->acme, bob, "key-of-bob", "secret-of-bob");
	add_key(h, h->acme, NULL, "key-of-acme", "secret-of-acme")->expires_s = 1234;
	keyring_enable_key(h->keyring,
			   add_key(h, h->acme, alice, "key-of-alice", "secret-of-alice"), false);
	add_token(h, h->acme, "laptop", 1);
	add_token(h, h->acme, "phone", 2);
}

/* Of a tenant of no interest, which nothing may be seen of. */
static void fill_other(struct host *h)
{
	struct tenant *t = add_tenant(h, "other");
	struct user *carol = add_user(h, t, "carol", POLICY);

	add_key(h, t, carol, "key-of-carol", "secret-of-carol");
	add_token(h, t, "tablet", 3);
}

static struct buffer encoded(struct host *h)
{
	struct buffer b = BUFFER_INIT(identities_bound(h->keyring, h->acme));

	assert(identities_encode(h->keyring, h->acme, &b) == 0);
	return b;
}

static struct identities *decoded(struct host *h, struct span bytes)
{
	struct identities_complaint why;
	struct identities *i;

	assert(identities_decode(h->keyring, h->acme, bytes, &i, &why) == IDENTITIES_OK);
	return i;
}

static bool is_refused(struct host *h, struct span bytes)
{
	struct identities_complaint why = { "" };
	struct identities *i = NULL;
	int r = identities_decode(h->keyring, h->acme, bytes, &i, &why);

	assert(r >= 0 && (r == IDENTITIES_WRONG) == (i == NULL) && (!i || !why.text[0]));
	identities_free(i);
	return r == IDENTITIES_WRONG;
}

static const char *secret_of(struct host *h, const struct access_key *a)
{
	static struct buffer b;
	const char *text;

	buffer_clear(&b);
	b = BUFFER_INIT(256);
	assert(keyring_put_secret(h->keyring, a, &b) == 0);
	buffer_append_byte(&b, '\0');
	text = (const char *)b.data + sizeof(uint32_t);
	return text;
}

static void test_everything_travels_and_in_its_order(void)
{
	struct host from, to;
	struct identities *i;
	struct buffer b;

	host_open(&from);
	host_open(&to);
	fill_other(&from);
	fill(&from);
	b = encoded(&from);
	i = decoded(&to, buffer_span(&b));
	assert(ipc_id_equal(&i->id, &from.acme->id));
	assert(strcmp(i->tenant->canonical_id, from.acme->canonical_id) == 0);
	assert(strcmp(i->tenant->email, "ops@acme.example") == 0);
	assert(i->n_users == 2 && i->n_keys == 3 && i->n_tokens == 2);
	assert(strcmp(i->users->name, "alice") == 0 && strcmp(i->users->policy_text, POLICY) == 0);
	assert(i->users->policy && !i->users->next->policy && !i->users->next->next);
	assert(!i->users->administrator && i->users->next->administrator);
	assert(i->users->tenant == to.acme && i->keys->tenant == to.acme);
	assert(strcmp(i->keys->id, "key-of-bob") == 0 && i->keys->user == i->users->next);
	assert(!i->keys->next->user && i->keys->next->expires_s == 1234 && i->keys->next->enabled);
	assert(i->keys->next->next->user == i->users && !i->keys->next->next->enabled);
	assert(strcmp(secret_of(&to, i->keys), "secret-of-bob") == 0);
	assert(strcmp(secret_of(&to, i->keys->next->next), "secret-of-alice") == 0);
	assert(strcmp(i->tokens->name, "laptop") == 0 && i->tokens->hash[0] == 1);
	assert(strcmp(i->tokens->prefix, "cats/") == 0 && i->tokens->rate == 7);
	assert(i->tokens->scopes == TOKEN_SCOPE_READ && i->tokens->expires_s == 9);
	identities_free(i);
	buffer_clear(&b);
	host_close(&from);
	host_close(&to);
}

static void test_nothing_of_another_tenant_goes_along(void)
{
	static const char *const others[] = { "carol", "tablet", "other" };
	struct host h;
	struct buffer b;

	host_open(&h);
	fill(&h);
	fill_other(&h);
	b = encoded(&h);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert(!memmem(b.data, b.len, others[i], strlen(others[i])));
	assert(memmem(b.data, b.len, "secret-of-alice", strlen("secret-of-alice")));
	buffer_clear(&b);
	host_close(&h);
}

static void test_a_piece_of_them_or_more_than_them_is_refused(void)
{
	struct host h;
	struct buffer b;

	host_open(&h);
	fill(&h);
	b = encoded(&h);
	for (size_t n = 0; n < b.len; n++)
		assert(is_refused(&h, (struct span){ b.data, n }));
	b.limit++;
	buffer_append_byte(&b, 0);
	assert(is_refused(&h, buffer_span(&b)));
	buffer_clear(&b);
	host_close(&h);
}

/* As the database and the keyring would have them; the tenant is called what they say. */
static void adopt(struct host *h, struct identities *i)
{
	h->acme->created_ns = i->tenant->created_ns;
	memcpy(h->acme->name, i->tenant->name, sizeof(h->acme->name));
	memcpy(h->acme->display_name, i->tenant->display_name, sizeof(h->acme->display_name));
	memcpy(h->acme->email, i->tenant->email, sizeof(h->acme->email));
	memcpy(h->acme->canonical_id, i->tenant->canonical_id, sizeof(h->acme->canonical_id));
	for (struct user *u = i->users, *next; u; u = next) {
		next = u->next;
		u->next = NULL;
		u->number = ++h->last;
		assert(keyring_add_user(h->keyring, u) == KEYRING_OK);
	}
	for (struct access_key *a = i->keys, *next; a; a = next) {
		next = a->next;
		a->next = NULL;
		a->user_number = a->user ? a->user->number : 0;
		assert(keyring_add_key(h->keyring, a) == KEYRING_OK);
	}
	for (struct token *s = i->tokens, *next; s; s = next) {
		next = s->next;
		assert(tokens_add(keyring_tokens(h->keyring), s) == KEYRING_OK);
	}
	i->users = NULL;
	i->keys = NULL;
	i->tokens = NULL;
	identities_free(i);
}

static void check_that_it_means_what_it_says(struct span bytes)
{
	struct identities_complaint why;
	struct identities *i = NULL;
	struct buffer again;
	struct host h;

	host_open(&h);
	/* Behind mark and version; secrets are sealed for that tenant. */
	memcpy(h.acme->id.bytes, span_bytes(bytes) + 5, sizeof(h.acme->id.bytes));
	if (identities_decode(h.keyring, h.acme, bytes, &i, &why) == IDENTITIES_OK) {
		adopt(&h, i);
		again = encoded(&h);
		assert(span_equal(buffer_span(&again), bytes));
		buffer_clear(&again);
	}
	host_close(&h);
}

static void test_whatever_is_changed_is_refused_or_means_what_it_says(void)
{
	struct host h;
	struct buffer b;

	host_open(&h);
	fill(&h);
	b = encoded(&h);
	check_that_it_means_what_it_says(buffer_span(&b));
	for (size_t i = 0; i < 8 * b.len; i++) {
		b.data[i / 8] ^= (uint8_t)(1 << i % 8);
		check_that_it_means_what_it_says(buffer_span(&b));
		b.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	buffer_clear(&b);
	host_close(&h);
}

/* The first place of the text becomes that of another of its length. */
static bool is_refused_with(const char *text, const char *other)
{
	struct host h;
	struct buffer b;
	bool refused;
	char *at;

	host_open(&h);
	fill(&h);
	b = encoded(&h);
	at = memmem(b.data, b.len, text, strlen(text));
	assert(at && strlen(text) == strlen(other));
	memcpy(at, other, strlen(other));
	refused = is_refused(&h, buffer_span(&b));
	buffer_clear(&b);
	host_close(&h);
	return refused;
}

static void test_what_no_order_would_have_made_is_refused(void)
{
	assert(!is_refused_with("alice", "elise"));
	assert(is_refused_with("alice", "ali e"));
	assert(is_refused_with("key-of-bob", "key of bob"));
	assert(is_refused_with("secret-of-bob", "secret\nof-bob"));
	assert(is_refused_with("photos", "PHOTOS"));
	assert(is_refused_with("laptop", "lap\top"));
	assert(is_refused_with("acme", "Acme"));
	assert(is_refused_with("Acme Ltd", "Acme\nLtd"));
	assert(is_refused_with("\"Allow\"", "\"allow\""));
	/* It means the same, but is not the shortest text of it. */
	assert(is_refused_with("\"s3:*\",", "\"s3:*\" "));
	assert(is_refused_with(":\"*\"}}", ":\"*\" }"));
}

static void test_what_is_there_twice_is_refused(void)
{
	struct host h;
	struct buffer b;
	uint8_t *at;

	host_open(&h);
	add_user(&h, h.acme, "alice", NULL);
	add_user(&h, h.acme, "elise", NULL);
	add_key(&h, h.acme, NULL, "key-1", "secretsecret");
	add_key(&h, h.acme, NULL, "key-2", "secretsecret");
	add_token(&h, h.acme, "token-1", 1);
	add_token(&h, h.acme, "token-2", 2);
	b = encoded(&h);
	/* Each in turn, by what tells it from the other one. */
	at = memmem(b.data, b.len, "elise", 5);
	memcpy(at, "alice", 5);
	assert(is_refused(&h, buffer_span(&b)));
	memcpy(at, "elise", 5);
	at = memmem(b.data, b.len, "key-2", 5);
	at[4] = '1';
	assert(is_refused(&h, buffer_span(&b)));
	at[4] = '2';
	at = memmem(b.data, b.len, "token-2", 7);
	at[6] = '1';
	assert(is_refused(&h, buffer_span(&b)));
	at[6] = '2';
	assert(at[7] == 2);
	at[7] = 1;
	assert(is_refused(&h, buffer_span(&b)));
	at[7] = 2;
	assert(!is_refused(&h, buffer_span(&b)));
	buffer_clear(&b);
	host_close(&h);
}

/* Of 16 keys each user may have. */
static void test_a_user_has_no_more_keys_than_he_may(void)
{
	struct host h;
	struct user *u;
	struct buffer b;
	char id[] = "key-a";

	host_open(&h);
	u = add_user(&h, h.acme, "alice", NULL);
	for (size_t i = 0; i < USER_KEYS_MAX; i++, id[4]++)
		add_key(&h, h.acme, u, id, "secretsecret");
	b = encoded(&h);
	assert(!is_refused(&h, buffer_span(&b)));
	buffer_clear(&b);
	add_key(&h, h.acme, u, id, "secretsecret");
	b = encoded(&h);
	assert(is_refused(&h, buffer_span(&b)));
	buffer_clear(&b);
	host_close(&h);
}

static void test_more_items_than_there_are_bytes_for_get_no_room(void)
{
	static const uint8_t claim[] = { 0xa0, 0x86, 0x01, 0x00 }; /* 100000 */
	struct host h;
	struct buffer b;

	host_open(&h);
	b = encoded(&h);
	/* Three counts of nothing. */
	for (size_t i = 1; i <= 3; i++) {
		memcpy(b.data + b.len - 4 * i, claim, sizeof(claim));
		assert(is_refused(&h, buffer_span(&b)));
		memset(b.data + b.len - 4 * i, 0, sizeof(claim));
		assert(!is_refused(&h, buffer_span(&b)));
	}
	buffer_clear(&b);
	host_close(&h);
}

/* --- what is there already ---------------------------------------------------------------- */

static struct identities sift(struct host *h, struct identities *i)
{
	struct identities in_the_way = { 0 };

	assert(identities_sift(i, h->keyring, h->acme, &in_the_way) == 0);
	return in_the_way;
}

static void clear(struct identities *i)
{
	struct identities *copy = malloc(sizeof(*copy));

	assert(copy);
	*copy = *i;
	identities_free(copy);
}

static void test_what_came_before_and_stayed_is_dropped(void)
{
	struct identities *i, in_the_way;
	struct host h;
	struct buffer b;

	host_open(&h);
	fill(&h);
	b = encoded(&h);
	i = decoded(&h, buffer_span(&b));
	in_the_way = sift(&h, i);
	assert(!in_the_way.n_users && !in_the_way.n_keys && !in_the_way.n_tokens);
	assert(!i->n_users && !i->n_keys && !i->n_tokens);
	assert(!i->users && !i->keys && !i->tokens);
	clear(&in_the_way);
	identities_free(i);
	buffer_clear(&b);
	host_close(&h);
}

static void test_what_another_tenant_has_is_in_the_way_and_his_users_are_not(void)
{
	struct identities *i, in_the_way;
	struct host from, to;
	struct tenant *other;
	struct user *bob;
	struct buffer b;

	host_open(&from);
	fill(&from);
	host_open(&to);
	other = add_tenant(&to, "other");
	bob = add_user(&to, other, "bob", NULL);
	/* With the very same secret, too. */
	add_key(&to, other, bob, "key-of-bob", "secret-of-bob");
	add_token(&to, other, "laptop", 1);
	b = encoded(&from);
	i = decoded(&to, buffer_span(&b));
	in_the_way = sift(&to, i);
	assert(!in_the_way.n_users && in_the_way.n_keys == 1 && in_the_way.n_tokens == 1);
	assert(strcmp(in_the_way.keys->id, "key-of-bob") == 0);
	assert(strcmp(in_the_way.tokens->name, "laptop") == 0);
	assert(i->n_users == 2 && i->n_keys == 2 && i->n_tokens == 1);
	clear(&in_the_way);
	identities_free(i);
	buffer_clear(&b);
	host_close(&from);
	host_close(&to);
}

static void test_what_the_tenant_has_otherwise_is_in_the_way(void)
{
	struct identities *i, in_the_way;
	struct host from, to;
	struct user *alice;
	struct buffer b;

	host_open(&from);
	fill(&from);
	host_open(&to);
	/* No administrator; without a policy; with another secret; under another name; of another
	 * hash. */
	add_user(&to, to.acme, "bob", NULL);
	alice = add_user(&to, to.acme, "alice", NULL);
	add_key(&to, to.acme, NULL, "key-of-acme", "another-secret");
	add_token(&to, to.acme, "desktop", 1);
	add_token(&to, to.acme, "phone", 4);
	b = encoded(&from);
	i = decoded(&to, buffer_span(&b));
	in_the_way = sift(&to, i);
	assert(in_the_way.n_users == 2 && in_the_way.n_keys == 1 && in_the_way.n_tokens == 2);
	assert(strcmp(in_the_way.users->name, "alice") == 0);
	/* Her key would be of her who is there. */
	assert(i->n_keys == 2 && strcmp(i->keys->next->id, "key-of-alice") == 0);
	assert(i->keys->next->user_number == alice->number && !i->keys->next->user);
	clear(&in_the_way);
	identities_free(i);
	buffer_clear(&b);
	host_close(&from);
	host_close(&to);
}

static void test_a_user_keeps_his_id_unless_it_is_somebodys(void)
{
	struct identities *i, in_the_way;
	struct host from, to;
	struct ipc_id alice;
	struct buffer b;

	host_open(&from);
	fill(&from);
	host_open(&to);
	alice = keyring_users(from.keyring)->id;
	b = encoded(&from);
	i = decoded(&to, buffer_span(&b));
	in_the_way = sift(&to, i);
	assert(ipc_id_equal(&i->users->id, &alice));
	clear(&in_the_way);
	identities_free(i);
	add_user(&to, add_tenant(&to, "twin"), "alice", NULL)->id = alice;
	i = decoded(&to, buffer_span(&b));
	in_the_way = sift(&to, i);
	assert(i->n_users == 2 && !ipc_id_equal(&i->users->id, &alice));
	clear(&in_the_way);
	identities_free(i);
	buffer_clear(&b);
	host_close(&from);
	host_close(&to);
}

int main(void)
{
	assert(sodium_init() >= 0);
	test_everything_travels_and_in_its_order();
	test_nothing_of_another_tenant_goes_along();
	test_a_piece_of_them_or_more_than_them_is_refused();
	test_whatever_is_changed_is_refused_or_means_what_it_says();
	test_what_no_order_would_have_made_is_refused();
	test_what_is_there_twice_is_refused();
	test_a_user_has_no_more_keys_than_he_may();
	test_more_items_than_there_are_bytes_for_get_no_room();
	test_what_came_before_and_stayed_is_dropped();
	test_what_another_tenant_has_is_in_the_way_and_his_users_are_not();
	test_what_the_tenant_has_otherwise_is_in_the_way();
	test_a_user_keeps_his_id_unless_it_is_somebodys();
	return 0;
}
