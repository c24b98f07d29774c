/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/orders.h"

#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "clerk.h"
#include "s3/encoding.h"

#undef NDEBUG
#include <assert.h>

#define POLICY                                                                                     \
	"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":{\\\"Effect\\\":\\\"Allow\\\","     \
	"\\\"Action\\\":\\\"s3:*\\\",\\\"Resource\\\":\\\"*\\\"}}"
#define SECRET "a-secret-of-alice"
#define SEALED_MAX 65536

static struct office office;

struct sealed {
	uint8_t bytes[SEALED_MAX];
	size_t len;
};

static struct span span_of(const struct sealed *s)
{
	return (struct span){ s->bytes, s->len };
}

static struct tenant *tenant(const char *name)
{
	return keyring_find_tenant(office.authd.keyring, span_from_string(name));
}

static const char *here(char text[static RECIPIENT_TEXT_SIZE])
{
	return recipient_format(strongbox_recipient(office.authd.strongbox), text);
}

static void done(const char *format, ...) printf_like(1, 2);

static void done(const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	clerk_done(clerk_ask(&office, line));
}

/* alice with a policy and a key, and a token, of acme; and an empty tenant. */
static void furnish(void)
{
	office_open(&office);
	done("{\"do\":\"tenant.create\",\"name\":\"%s\"}", "empty");
	done("{\"do\":\"user.create\",\"tenant\":\"acme\",\"user\":\"%s\"}", "alice");
	done("{\"do\":\"policy.put\",\"tenant\":\"acme\",\"user\":\"alice\",\"policy\":\"%s\"}", POLICY);
	done("{\"do\":\"key.create\",\"tenant\":\"acme\",\"user\":\"alice\",\"access_key\":\"key-of-alice\","
	     "\"secret_key\":\"%s\"}", SECRET);
}

static json_t *export(const char *name, const char *recipient)
{
	char line[512];

	snprintf(line, sizeof(line), "{\"do\":\"identity.export\",\"tenant\":\"%s\",\"recipient\":\"%s\"}",
		 name, recipient);
	return clerk_ask(&office, line);
}

static struct sealed exported(const char *name)
{
	char text[RECIPIENT_TEXT_SIZE];
	json_t *answer = export(name, here(text));
	const json_t *told = json_object_get(answer, "identities");
	struct span sealed = json_span(json_object_get(told, "sealed"));
	struct sealed made;

	assert(json_is_true(json_object_get(answer, "ok")));
	assert(base64_len(sealed, &made.len) && made.len <= sizeof(made.bytes));
	assert(base64_decode(sealed, made.bytes, made.len));
	json_decref(answer);
	return made;
}

static json_t *import_as(const char *to, const char *canonical, const char *more, struct span sealed,
			 int seals)
{
	char line[512];
	int fd = clerk_memfd(sealed, seals);
	json_t *answer;

	snprintf(line, sizeof(line),
		 "{\"do\":\"identity.import\",\"tenant\":\"%s\",\"canonical_id\":\"%s\"%s}", to, canonical,
		 more);
	answer = clerk_ask_with(&office, line, fd);
	close(fd);
	return answer;
}

static json_t *import(const char *to, const struct sealed *s, const char *more)
{
	return import_as(to, tenant("acme")->canonical_id, more, span_of(s), CLERK_SEALS);
}

static int64_t count(const json_t *answer, const char *what)
{
	return json_integer_value(json_object_get(json_object_get(answer, "identities"), what));
}

/* Nothing of acme's came to it. */
static void check_empty(void)
{
	struct keyring *k = office.authd.keyring;

	assert(!keyring_find_user(k, tenant("empty"), SPAN("alice")));
	for (const struct access_key *a = keyring_keys(k); a; a = a->next)
		assert(a->tenant != tenant("empty"));
}

/* As on another host: acme and all that is its own is gone. */
static void forget_acme(void)
{
	struct keyring *k = office.authd.keyring;
	uint64_t number = tenant("acme")->number;

	assert(database_remove_tenant(office.authd.database, number) == DATABASE_OK);
	keyring_remove_tenant(k, tenant("acme"));
}

static void test_a_host_tells_the_same_key_after_a_restart(void)
{
	char before[RECIPIENT_TEXT_SIZE], after[RECIPIENT_TEXT_SIZE];
	json_t *answer;

	furnish();
	here(before);
	answer = clerk_ask(&office, "{\"do\":\"host.key\"}");
	assert(strcmp(json_string_value(json_object_get(json_object_get(answer, "host"), "key")),
		      before) == 0);
	clerk_done(answer);
	office_restart(&office);
	assert(strcmp(here(after), before) == 0);
	office_close(&office);
}

static void test_identities_leave_sealed_and_without_a_secret_in_the_answer(void)
{
	char text[RECIPIENT_TEXT_SIZE];
	struct sealed sealed;
	char whole[8192];
	json_t *answer;
	size_t n;

	furnish();
	answer = export("acme", here(text));
	assert(count(answer, "users") == 1 && count(answer, "keys") == 2 && count(answer, "tokens") == 0);
	n = json_dumpb(answer, whole, sizeof(whole), 0);
	assert(n < sizeof(whole) && !memmem(whole, n, SECRET, strlen(SECRET)));
	clerk_done(answer);
	sealed = exported("acme");
	assert(!memmem(sealed.bytes, sealed.len, SECRET, strlen(SECRET)));
	assert(!memmem(sealed.bytes, sealed.len, "alice", 5));
	office_close(&office);
}

static void test_they_are_the_same_where_they_come_to(void)
{
	char canonical[KEYRING_CANONICAL_LEN + 1];
	const struct access_key *a;
	struct sealed sealed;
	struct keyring *k;
	json_t *answer;

	furnish();
	clerk_done(clerk_ask(&office, "{\"do\":\"key.disable\",\"access_key\":\"key-of-alice\"}"));
	sealed = exported("acme");
	memcpy(canonical, tenant("acme")->canonical_id, sizeof(canonical));
	forget_acme();
	answer = import_as("empty", canonical, "", span_of(&sealed), CLERK_SEALS);
	assert(count(answer, "users") == 1 && count(answer, "keys") == 2);
	clerk_done(answer);
	office_restart(&office);
	k = office.authd.keyring;
	a = keyring_find_key(k, SPAN("key-of-alice"));
	assert(a && a->tenant == tenant("empty") && !a->enabled);
	assert(a->user == keyring_find_user(k, tenant("empty"), SPAN("alice")));
	assert(a->user->policy);
	assert(!keyring_find_key(k, SPAN(OFFICE_KEY))->user);
	assert(strcmp(tenant("empty")->display_name, "Acme Inc.") == 0);
	office_close(&office);
}

static void test_the_same_again_changes_nothing(void)
{
	struct sealed sealed;
	json_t *answer;
	size_t n;

	furnish();
	sealed = exported("acme");
	n = keyring_key_count(office.authd.keyring);
	answer = import("acme", &sealed, "");
	assert(count(answer, "users") == 0 && count(answer, "keys") == 0 && count(answer, "tokens") == 0);
	clerk_done(answer);
	assert(keyring_key_count(office.authd.keyring) == n);
	office_close(&office);
}

static void test_what_is_in_the_way_is_named_and_nothing_is_imported(void)
{
	struct sealed sealed;
	json_t *answer, *keys;

	furnish();
	sealed = exported("acme");
	answer = import("empty", &sealed, "");
	keys = json_object_get(json_object_get(answer, "in_the_way"), "keys");
	assert(json_array_size(keys) == 2);
	assert(strcmp(json_string_value(json_array_get(keys, 1)), "key-of-alice") == 0);
	clerk_refused(answer, "2 access keys");
	check_empty();
	office_close(&office);
}

static void test_what_is_in_the_way_stays_as_it_is_where_that_is_meant(void)
{
	struct sealed sealed;
	json_t *answer, *skipped;

	furnish();
	sealed = exported("acme");
	answer = import("empty", &sealed, ",\"skip_existing\":true");
	assert(count(answer, "users") == 1 && count(answer, "keys") == 0);
	skipped = json_object_get(json_object_get(answer, "identities"), "skipped");
	assert(json_array_size(json_object_get(skipped, "keys")) == 2);
	clerk_done(answer);
	assert(keyring_find_key(office.authd.keyring, SPAN("key-of-alice"))->tenant == tenant("acme"));
	assert(keyring_find_user(office.authd.keyring, tenant("empty"), SPAN("alice")));
	office_close(&office);
}

static void test_those_of_another_tenant_than_was_said_are_refused(void)
{
	struct sealed sealed;

	furnish();
	sealed = exported("acme");
	forget_acme();
	clerk_refused(import_as("empty", tenant("empty")->canonical_id, "", span_of(&sealed), CLERK_SEALS),
		      "These are the identities of another tenant, acme.");
	check_empty();
	office_close(&office);
}

static void test_what_is_sealed_to_another_host_or_damaged_is_refused(void)
{
	struct recipient other;
	char text[RECIPIENT_TEXT_SIZE];
	struct sealed sealed;
	json_t *answer;
	struct span told;

	furnish();
	randombytes_buf(other.key, sizeof(other.key));
	answer = export("acme", recipient_format(&other, text));
	told = json_span(json_object_get(json_object_get(answer, "identities"), "sealed"));
	assert(base64_len(told, &sealed.len) && base64_decode(told, sealed.bytes, sealed.len));
	clerk_done(answer);
	clerk_refused(import("empty", &sealed, ""), "These identities are not sealed to this host");
	sealed = exported("acme");
	for (size_t i = 0; i < sealed.len; i += 37) {
		sealed.bytes[i] ^= 1;
		clerk_refused(import("empty", &sealed, ""), "they are damaged");
		sealed.bytes[i] ^= 1;
	}
	sealed.len--;
	clerk_refused(import("empty", &sealed, ""), "they are damaged");
	check_empty();
	office_close(&office);
}

/* A box can be made by anybody, so what is in one is no better than anything else. */
static void test_what_somebody_else_has_sealed_is_looked_at_all_the_same(void)
{
	static const char nonsense[] = "CFid\1 and nothing that follows from it";
	struct sealed sealed = { .len = sizeof(nonsense) + STRONGBOX_OVERHEAD };

	furnish();
	assert(strongbox_seal(strongbox_recipient(office.authd.strongbox),
			      (struct span){ nonsense, sizeof(nonsense) }, sealed.bytes));
	clerk_refused(import("empty", &sealed, ""), "The identities are not whole");
	check_empty();
	office_close(&office);
}

static void test_t70_a_file_that_can_change_or_is_none_is_refused(void)
{
	static const int unsealed[] = { 0, F_SEAL_WRITE, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
					F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_WRITE };
	struct sealed sealed;
	const char *canonical;
	char line[512];
	int ends[2];

	furnish();
	sealed = exported("acme");
	canonical = tenant("acme")->canonical_id;
	for (size_t i = 0; i < ARRAY_SIZE(unsealed); i++)
		clerk_refused(import_as("empty", canonical, "", span_of(&sealed), unsealed[i]),
			      "is not one that can be read");
	clerk_refused(import_as("empty", canonical, "", SPAN(""), CLERK_SEALS), "is not one that can be");
	snprintf(line, sizeof(line),
		 "{\"do\":\"identity.import\",\"tenant\":\"empty\",\"canonical_id\":\"%s\"}", canonical);
	clerk_refused(clerk_ask(&office, line), "identity.import needs a file along with it.");
	assert(pipe(ends) == 0);
	clerk_refused(clerk_ask_with(&office, line, ends[0]), "is not one that can be read");
	clerk_refused(clerk_ask_with(&office, "{\"do\":\"status\"}", ends[0]), "status takes no file.");
	/* Nobody has kept it. */
	close(ends[0]);
	assert(write(ends[1], "x", 1) < 0 && errno == EPIPE);
	close(ends[1]);
	check_empty();
	office_close(&office);
}

static void test_a_file_that_is_larger_than_any_identities_is_refused_unread(void)
{
	struct sealed small = { .len = 1 };
	int fd;
	char line[512];

	furnish();
	fd = clerk_memfd(span_of(&small), 0);
	assert(ftruncate(fd, IDENTITIES_MAX + STRONGBOX_OVERHEAD + 1) == 0);
	assert(fcntl(fd, F_ADD_SEALS, CLERK_SEALS) == 0);
	snprintf(line, sizeof(line),
		 "{\"do\":\"identity.import\",\"tenant\":\"empty\",\"canonical_id\":\"%s\"}",
		 tenant("acme")->canonical_id);
	clerk_refused(clerk_ask_with(&office, line, fd), "is not one that can be read");
	close(fd);
	office_close(&office);
}

static void test_orders_are_held_to_what_they_say(void)
{
	static const struct recipient zero;
	char text[RECIPIENT_TEXT_SIZE];

	furnish();
	clerk_refused(export("none", here(text)), "There is no tenant none.");
	text[12] ^= 1;
	clerk_refused(export("acme", text), "recipient must be a key");
	clerk_refused(export("acme", recipient_format(&zero, text)), "no key that can be sealed to");
	office_close(&office);
}

/* What becomes of users by the way is not what is made of them. */
static void test_a_user_who_is_there_gets_no_more_keys_than_he_may(void)
{
	char canonical[KEYRING_CANONICAL_LEN + 1], id[32];
	struct sealed sealed;

	furnish();
	sealed = exported("acme");
	memcpy(canonical, tenant("acme")->canonical_id, sizeof(canonical));
	forget_acme();
	done("{\"do\":\"user.create\",\"tenant\":\"empty\",\"user\":\"%s\"}", "alice");
	done("{\"do\":\"policy.put\",\"tenant\":\"empty\",\"user\":\"alice\",\"policy\":\"%s\"}", POLICY);
	for (int i = 0; i < USER_KEYS_MAX; i++) {
		snprintf(id, sizeof(id), "another-%d", i);
		done("{\"do\":\"key.create\",\"tenant\":\"empty\",\"user\":\"alice\",\"access_key\":\"%s\","
		     "\"secret_key\":\"secretsecret\"}", id);
	}
	clerk_refused(import_as("empty", canonical, "", span_of(&sealed), CLERK_SEALS),
		      "The user alice would have more than 16 access keys.");
	done("{\"do\":\"key.delete\",\"access_key\":\"%s\"}", id);
	clerk_done(import_as("empty", canonical, "", span_of(&sealed), CLERK_SEALS));
	office_close(&office);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_a_host_tells_the_same_key_after_a_restart();
	test_identities_leave_sealed_and_without_a_secret_in_the_answer();
	test_they_are_the_same_where_they_come_to();
	test_the_same_again_changes_nothing();
	test_what_is_in_the_way_is_named_and_nothing_is_imported();
	test_what_is_in_the_way_stays_as_it_is_where_that_is_meant();
	test_those_of_another_tenant_than_was_said_are_refused();
	test_what_is_sealed_to_another_host_or_damaged_is_refused();
	test_what_somebody_else_has_sealed_is_looked_at_all_the_same();
	test_t70_a_file_that_can_change_or_is_none_is_refused();
	test_a_file_that_is_larger_than_any_identities_is_refused_unread();
	test_orders_are_held_to_what_they_say();
	test_a_user_who_is_there_gets_no_more_keys_than_he_may();
	return 0;
}
