/* SPDX-License-Identifier: Apache-2.0 */
#include "client/setting.h"

#include <inttypes.h>
#include <string.h>

#include "base/account.h"
#include "base/duration.h"
#include "base/ip.h"
#include "base/size.h"
#include "client/address.h"

const struct setting_row settings[SETTINGS] = {
	[SETTING_DATA] = {
		.section = "storage", .key = "data", .type = SETTING_TEXT, .times = 1,
		.otherwise = "/var/lib/coffer as root, else ~/.local/share/coffer",
		.argument = "DIR",
		.help = "where everything is kept; memory: keeps it on a tmpfs, and nothing of it "
			"when this stops; memory:DIR does so on the tmpfs that DIR is on",
	},
	[SETTING_DURABILITY] = {
		.section = "storage", .key = "durability", .type = SETTING_WORD, .times = 1,
		.daemons = SETTING_FOR_STORED,
		.fallback = "full",
		.argument = "full|relaxed",
		.help = "relaxed answers before data is on disk: a power cut may undo the last "
			"seconds",
	},
	[SETTING_INLINE_LIMIT] = {
		.section = "storage", .key = "inline-limit", .type = SETTING_NUMBER, .times = 1,
		.least = 0, .most = 65536,
		.daemons = SETTING_FOR_STORED,
		.fallback = "16384",
		.argument = "BYTES",
		.help = "bodies up to this size live inside the catalog",
	},
	[SETTING_OBJECT_MEMORY] = {
		.section = "storage", .key = "object-memory", .type = SETTING_SIZE_OR_NONE,
		.times = 1,
		.least = 65536, .most = 1073741824,
		.daemons = SETTING_FOR_STORED,
		.fallback = "32MiB",
		.argument = "SIZE",
		.help = "memory for small objects that were read lately, and for what is known of "
			"others; none for none of it",
	},
	[SETTING_UPLOADS_EXPIRE] = {
		.section = "storage", .key = "uploads-expire", .type = SETTING_DURATION_OR_NONE,
		.times = 1,
		.daemons = SETTING_FOR_STORED,
		.fallback = "7d",
		.argument = "SPAN",
		.help = "uploads in parts that nobody has finished, or added to, for so long are "
			"ended; none keeps them",
	},
	[SETTING_S3] = {
		.section = "listen", .key = "s3", .type = SETTING_LISTEN, .times = 8,
		.fallback = "127.0.0.1:9000",
		.argument = "ADDRESS:PORT",
		.help = "where to listen for S3; port 0 takes a free one, :9000 listens on every "
			"address",
	},
	[SETTING_REST] = {
		.section = "listen", .key = "rest", .type = SETTING_LISTEN_OR_NONE, .times = 8,
		.fallback = "127.0.0.1:8000",
		.argument = "ADDRESS:PORT",
		.help = "the same for the REST dialect; none for S3 alone",
	},
	[SETTING_METRICS] = {
		.section = "listen", .key = "metrics", .type = SETTING_LISTEN, .times = 8,
		.otherwise = "only the UNIX socket run/metrics.sock",
		.argument = "ADDRESS:PORT",
		.help = "where to listen for Prometheus, who shows a token (metrics-token-sha256)",
	},
	[SETTING_DOMAIN] = {
		.section = "s3", .key = "domain", .type = SETTING_TEXT, .times = 16,
		.daemons = SETTING_FOR_AUTHD | SETTING_FOR_FRONTEND,
		.argument = "NAME",
		.help = "also answer BUCKET.NAME (virtual-host addressing)",
	},
	[SETTING_REGION] = {
		.section = "s3", .key = "region", .type = SETTING_TEXT, .times = 1,
		.daemons = SETTING_FOR_AUTHD | SETTING_FOR_STORED,
		.otherwise = "any is accepted, us-east-1 answered",
		.argument = "NAME",
		.help = "accept signatures for this region only, and answer it",
	},
	[SETTING_REQUEST_RATE] = {
		.section = "limits", .key = "request-rate", .type = SETTING_NUMBER, .times = 1,
		.least = 0, .most = 1000000,
		.daemons = SETTING_FOR_AUTHD, .live = true,
		.fallback = "0",
		.argument = "N",
		.help = "requests a second that one access key or token may make; 0 for as many as "
			"it can",
	},
	[SETTING_REQUEST_BURST] = {
		.section = "limits", .key = "request-burst", .type = SETTING_NUMBER, .times = 1,
		.least = 0, .most = 10000000,
		.daemons = SETTING_FOR_AUTHD, .live = true,
		.fallback = "0",
		.argument = "N",
		.help = "so many of them at once; 0 for two seconds' worth",
	},
	[SETTING_LOGIN_FAILURES] = {
		.section = "limits", .key = "login-failures", .type = SETTING_NUMBER, .times = 1,
		.least = 0, .most = 1000000,
		.daemons = SETTING_FOR_AUTHD, .live = true,
		.fallback = "20",
		.argument = "N",
		.help = "wrong credentials from one address, after which it is not told any more "
			"what is wrong; 0 for no limit",
	},
	[SETTING_LOGIN_PAUSE] = {
		.section = "limits", .key = "login-pause", .type = SETTING_NUMBER, .times = 1,
		.least = 1, .most = 3600,
		.daemons = SETTING_FOR_AUTHD, .live = true,
		.fallback = "2",
		.argument = "SECONDS",
		.help = "after which it is told once more",
	},
	[SETTING_TENANT_RATE] = {
		.section = "limits", .key = "tenant-requests-per-second", .type = SETTING_NUMBER,
		.times = 1,
		.least = 0, .most = 1000000,
		.daemons = SETTING_FOR_AUTHD, .live = true,
		.fallback = "0",
		.argument = "N",
		.help = "requests a second that a tenant may make, all its access keys and tokens "
			"together, unless `cofferctl tenant limits` says otherwise of it; 0 for as "
			"many as it can",
	},
	[SETTING_TENANT_BURST] = {
		.section = "limits", .key = "tenant-burst", .type = SETTING_NUMBER, .times = 1,
		.least = 0, .most = 10000000,
		.daemons = SETTING_FOR_AUTHD, .live = true,
		.fallback = "0",
		.argument = "N",
		.help = "so many of them at once; 0 for two seconds' worth",
	},
	[SETTING_TENANT_BANDWIDTH] = {
		.section = "limits", .key = "tenant-bandwidth", .type = SETTING_SIZE_OR_NONE,
		.times = 1,
		.least = 65536, .most = 1099511627776,
		.daemons = SETTING_FOR_AUTHD, .live = true,
		.fallback = "none",
		.argument = "SIZE",
		.help = "bytes a second that such a tenant may send, and as many that it may get",
	},
	[SETTING_TENANT_PARALLEL] = {
		.section = "limits", .key = "tenant-parallel", .type = SETTING_NUMBER, .times = 1,
		.least = 0, .most = 100000,
		.daemons = SETTING_FOR_AUTHD, .live = true,
		.fallback = "0",
		.argument = "N",
		.help = "requests that such a tenant may have under way; 0 for as many as it can",
	},
	[SETTING_TRUSTED_PROXY] = {
		.section = "limits", .key = "trusted-proxy", .type = SETTING_NETWORK, .times = 64,
		.daemons = SETTING_FOR_AUTHD, .live = true,
		.argument = "NETWORK",
		.help = "address or network of a proxy: its X-Forwarded-For says who the client is",
	},
	[SETTING_ADMIN_UID] = {
		.section = "admin", .key = "admin-uid", .type = SETTING_USER, .times = 15,
		.daemons = SETTING_FOR_ALL,
		.argument = "USER",
		.help = "also let this user use cofferctl and read the metrics, beside root and "
			"whoever starts the server",
	},
	[SETTING_ADMIN_GID] = {
		.section = "admin", .key = "admin-gid", .type = SETTING_GROUP, .times = 16,
		.daemons = SETTING_FOR_ALL,
		.argument = "GROUP",
		.help = "also let this group use cofferctl and read the metrics",
	},
	[SETTING_CREDENTIALS] = {
		.section = "admin", .key = "credentials", .type = SETTING_TEXT, .times = 1,
		.argument = "FILE",
		.help = "write endpoints and first credentials to FILE, as JSON, mode 0600",
	},
	[SETTING_METRICS_TOKEN] = {
		.section = "metrics", .key = "metrics-token-sha256", .type = SETTING_HASH, .times = 1,
		.daemons = SETTING_FOR_FRONTEND,
		.argument = "HEX",
		.help = "SHA-256 of the token for metrics over TCP, as `cofferctl metrics-token` "
			"makes both",
	},
	[SETTING_METRICS_UID] = {
		.section = "metrics", .key = "metrics-uid", .type = SETTING_USER, .times = 15,
		.daemons = SETTING_FOR_FRONTEND,
		.argument = "USER",
		.help = "also let this user read the metrics over the UNIX socket",
	},
	[SETTING_METRICS_GID] = {
		.section = "metrics", .key = "metrics-gid", .type = SETTING_GROUP, .times = 16,
		.daemons = SETTING_FOR_FRONTEND,
		.argument = "GROUP",
		.help = "also let this group read the metrics over the UNIX socket",
	},
	[SETTING_ACCESS_LOG] = {
		.section = "logs", .key = "access-log", .type = SETTING_WORD, .times = 1,
		.daemons = SETTING_FOR_FRONTEND,
		.fallback = "kv",
		.argument = "kv|json|none",
		.help = "a line for each request: as key=value, as a JSON object, or none",
	},
	[SETTING_AUDIT_LOG] = {
		.section = "logs", .key = "audit-log", .type = SETTING_WORD, .times = 1,
		.daemons = SETTING_FOR_AUTHD,
		.fallback = "file",
		.argument = "file|journal",
		.help = "where orders of administrators and denials are kept: file is audit.N.log, "
			"queries.N.log and denials.N.log in auth/, and the log; journal is the log "
			"alone",
	},
	[SETTING_WORKERS] = {
		.section = "processes", .key = "workers", .type = SETTING_NUMBER, .times = 1,
		.least = 1, .most = 64,
		.daemons = SETTING_FOR_FRONTEND,
		.otherwise = "one for each processor",
		.argument = "N",
		.help = "processes that speak with clients",
	},
	[SETTING_CONFINE] = {
		.section = "processes", .key = "confine", .type = SETTING_WORD, .times = 1,
		.daemons = SETTING_FOR_ALL,
		.fallback = "strict",
		.argument = "strict|degraded",
		.help = "degraded starts even where the kernel cannot confine",
	},
};

enum setting setting_find(const char *key)
{
	enum setting s;

	for (s = 0; s < SETTINGS; s++)
		if (strcmp(settings[s].key, key) == 0)
			break;
	return s;
}

static bool is_word_of(const char *value, const char *words)
{
	struct span rest = span_from_string(words), word;

	while (!span_is_none(rest)) {
		rest = span_cut(rest, '|', &word);
		if (span_equal(word, span_from_string(value)))
			return true;
	}
	return false;
}

static bool is_hash(const char *value)
{
	return strlen(value) == 64 && strspn(value, "0123456789abcdefABCDEF") == 64;
}

static bool is_number_of(const char *value, const struct setting_row *row)
{
	uint64_t n;

	return span_to_u64(span_from_string(value), &n) && n >= row->least && n <= row->most;
}

static bool is_size_of(const char *value, const struct setting_row *row)
{
	uint64_t n;

	return size_parse(span_from_string(value), &n) && n >= row->least && n <= row->most;
}

static bool is_duration(const char *value)
{
	uint64_t ns;

	return duration_parse(span_from_string(value), &ns);
}

static bool is_listen(const char *value)
{
	struct address a;

	return address_parse(value, &a);
}

static bool is_network(const char *value)
{
	struct ip_network n;

	return ip_network_parse(span_from_string(value), &n);
}

static bool is_user(const char *value)
{
	uid_t uid;

	return account_uid(value, &uid);
}

static bool is_group(const char *value)
{
	gid_t gid;

	return account_gid(value, &gid);
}

bool setting_admits(enum setting s, const char *value)
{
	const struct setting_row *row = &settings[s];

	switch (row->type) {
	case SETTING_TEXT:
		return *value;
	case SETTING_HASH:
		return is_hash(value);
	case SETTING_WORD:
		return is_word_of(value, row->argument);
	case SETTING_NUMBER:
		return is_number_of(value, row);
	case SETTING_SIZE_OR_NONE:
		return strcmp(value, "none") == 0 || is_size_of(value, row);
	case SETTING_DURATION_OR_NONE:
		return strcmp(value, "none") == 0 || is_duration(value);
	case SETTING_LISTEN_OR_NONE:
		return strcmp(value, "none") == 0 || is_listen(value);
	case SETTING_LISTEN:
		return is_listen(value);
	case SETTING_NETWORK:
		return is_network(value);
	case SETTING_USER:
		return is_user(value);
	case SETTING_GROUP:
		return is_group(value);
	}
	return false;
}

/* "kv, json or none" of "kv|json|none". */
static void say_words(const char *words, char buf[static SETTING_TAKES_MAX])
{
	const char *bar, *next;
	size_t n = 0;

	for (; (bar = strchr(words, '|')); words = bar + 1) {
		next = strchr(bar + 1, '|');
		n += (size_t)snprintf(buf + n, SETTING_TAKES_MAX - n, "%.*s%s", (int)(bar - words),
				      words, next ? ", " : " or ");
	}
	snprintf(buf + n, SETTING_TAKES_MAX - n, "%s", words);
}

const char *setting_takes(enum setting s, char buf[static SETTING_TAKES_MAX])
{
	static const char listen[] = "a numeric address and a port, as in 127.0.0.1:9000 or "
				     "[::1]:9000, or :9000 for every address";
	const struct setting_row *row = &settings[s];

	switch (row->type) {
	case SETTING_TEXT:
		return "a value";
	case SETTING_HASH:
		return "64 hexadecimal digits";
	case SETTING_WORD:
		say_words(row->argument, buf);
		break;
	case SETTING_NUMBER:
		snprintf(buf, SETTING_TAKES_MAX, "a whole number from %" PRIu64 " to %" PRIu64,
			 row->least, row->most);
		break;
	case SETTING_SIZE_OR_NONE:
		snprintf(buf, SETTING_TAKES_MAX,
			 SIZE_FORM ", from %" PRIu64 " to %" PRIu64 " bytes, or none", row->least,
			 row->most);
		break;
	case SETTING_DURATION_OR_NONE:
		return DURATION_FORM ", or none";
	case SETTING_LISTEN:
		return listen;
	case SETTING_LISTEN_OR_NONE:
		snprintf(buf, SETTING_TAKES_MAX, "%s, or none", listen);
		break;
	case SETTING_NETWORK:
		return "an address, or a network such as 10.0.0.0/8";
	case SETTING_USER:
		return "the name or number of a user";
	case SETTING_GROUP:
		return "the name or number of a group";
	}
	return buf;
}

const char *setting_default(enum setting s)
{
	const struct setting_row *row = &settings[s];

	return row->fallback ? row->fallback : row->otherwise ? row->otherwise : "";
}
