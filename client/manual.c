/* SPDX-License-Identifier: Apache-2.0 */
#include "client/manual.h"

#include <stdio.h>
#include <string.h>

#include "client/nearest.h"

/* --- the options -------------------------------------------------------------------------- */

const struct manual_option_row manual_options[OPTION_COUNT] = {
	[OPTION_DISPLAY_NAME] = {
		.name = "display-name",
		.kind = OPTION_KIND_TEXT,
		.argument = "TEXT",
		.member = "display_name",
		.meaning = "what people call it, at most 256 bytes (default: none)",
	},
	[OPTION_EMAIL] = {
		.name = "email",
		.kind = OPTION_KIND_TEXT,
		.argument = "ADDRESS",
		.member = "email",
		.meaning = "whom to write to about it, at most 254 bytes (default: none)",
	},
	[OPTION_CANONICAL_ID] = {
		.name = "canonical-id",
		.kind = OPTION_KIND_TEXT,
		.argument = "HEX64",
		.member = "canonical_id",
		.meaning = "its ID in S3's access lists, 64 hexadecimal digits, for one that moves "
			   "here with it (default: made up)",
	},
	[OPTION_WITH_DATA] = {
		.name = "with-data",
		.kind = OPTION_KIND_FLAG,
		.member = "data",
		.meaning = "with its buckets and all objects in them, for ever (default: it is refused "
			   "where there is a bucket)",
	},
	[OPTION_TTL] = {
		.name = "ttl",
		.kind = OPTION_KIND_NUMBER,
		.argument = "DAYS",
		.member = "ttl_days",
		.meaning = "how long it is worth something, 1 to 36500 days from now",
	},
	[OPTION_SCOPE] = {
		.name = "scope",
		.kind = OPTION_KIND_SCOPE,
		.argument = "read|write|delete",
		.member = "scopes",
		.meaning = "what it may do: read is for GET, HEAD and lists, write for PUT, delete "
			   "for DELETE; may be repeated (default: all three)",
	},
	[OPTION_FORMAT] = {
		.name = "format",
		.kind = OPTION_KIND_TEXT,
		.argument = "filesystem|base32|sqlite",
		.meaning = "what SRC is: a plain tree, whose paths are the keys; a flat directory, "
			   "whose names are the keys' base32 with _ for =; or a SQLite file with "
			   "a table objects(key, data)",
	},
	[OPTION_TENANT] = {
		.name = "tenant",
		.kind = OPTION_KIND_TEXT,
		.argument = "TENANT",
		.member = "tenant",
		.meaning = "whose it is (default: " MANUAL_TENANT ")",
	},
	[OPTION_USER] = {
		.name = "user",
		.kind = OPTION_KIND_TEXT,
		.argument = "USER",
		.member = "user",
		.meaning = "the user, of that tenant",
	},
	[OPTION_ADMINISTRATOR] = {
		.name = "administrator",
		.kind = OPTION_KIND_CHOICE,
		.argument = "yes|no",
		.member = "administrator",
		.meaning = "whether he may manage the tenant's users, policies, keys and tokens",
	},
	[OPTION_FILE] = {
		.name = "file",
		.kind = OPTION_KIND_TEXT,
		.argument = "FILE",
		.meaning = "the policy, JSON of at most 6144 characters beside white space; - is standard "
			   "input",
	},
	[OPTION_REMOVE] = {
		.name = "remove",
		.kind = OPTION_KIND_FLAG,
		.meaning = "take it away",
	},
	[OPTION_BLOCK] = {
		.name = "block",
		.kind = OPTION_KIND_TEXT,
		.argument = "all|none|NAME,...",
		.meaning = "these, and no others, of BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy and "
			   "RestrictPublicBuckets (default: it stays)",
	},
	[OPTION_BUCKET] = {
		.name = "bucket",
		.kind = OPTION_KIND_TEXT,
		.argument = "BUCKET",
		.member = "bucket",
		.meaning = "the bucket, of that tenant",
	},
	[OPTION_PREFIX] = {
		.name = "prefix",
		.kind = OPTION_KIND_TEXT,
		.argument = "PREFIX",
		.member = "prefix",
		.meaning = "only keys that begin with it (default: all keys)",
	},
	[OPTION_RATE] = {
		.name = "rate",
		.kind = OPTION_KIND_NUMBER,
		.argument = "N",
		.member = "rate",
		.meaning = "so many requests a second, 1 to 1000000 (default: request-rate of "
			   "coffer.conf)",
	},
	[OPTION_ACCESS_KEY] = {
		.name = "access-key",
		.kind = OPTION_KIND_TEXT,
		.argument = "ACCESS-KEY",
		.member = "access_key",
		.meaning = "a pair of your own, 3 to 128 characters; together with "
			   "--secret-key-stdin (default: both are made up)",
	},
	[OPTION_SECRET_KEY_STDIN] = {
		.name = "secret-key-stdin",
		.kind = OPTION_KIND_FLAG,
		.meaning = "read its secret, 8 to 128 characters, from standard input: there it is "
			   "seen neither in the process list nor in the shell's history; a "
			   "terminal does not show it",
	},
	[OPTION_EXCLUDE] = {
		.name = "exclude",
		.kind = OPTION_KIND_PATTERN,
		.argument = "PATTERN",
		.meaning = "leave out names, whole or in their last part, that this pattern of a "
			   "shell is for; may be repeated (default: none)",
	},
	[OPTION_OVERWRITE] = {
		.name = "overwrite",
		.kind = OPTION_KIND_FLAG,
		.meaning = "replace what is there with other contents (default: it is an error)",
	},
	[OPTION_NO_READ_BACK] = {
		.name = "no-read-back",
		.kind = OPTION_KIND_FLAG,
		.meaning = "do not read every object back to compare it",
	},
	[OPTION_DRY_RUN] = {
		.name = "dry-run",
		.kind = OPTION_KIND_FLAG,
		.meaning = "change nothing: say how much there is, and what would not go",
	},
	[OPTION_WITH_OBJECTS] = {
		.name = "with-objects",
		.kind = OPTION_KIND_FLAG,
		.meaning = "delete what is in it, too (default: only an empty one is deleted)",
	},
	[OPTION_RECOUNT] = {
		.name = "recount",
		.kind = OPTION_KIND_FLAG,
		.meaning = "count what is there, bucket by bucket, and put the figures right where they are "
			   "not (default: they are believed)",
	},
	[OPTION_BYTES] = {
		.name = "bytes",
		.kind = OPTION_KIND_SIZE,
		.argument = "SIZE|none",
		.meaning = "so much in all objects, and in parts of unfinished uploads: 500MiB, 10GiB, 2TiB, "
			   "or as many bytes (default: it stays)",
	},
	[OPTION_OBJECTS] = {
		.name = "objects",
		.kind = OPTION_KIND_COUNT,
		.argument = "N|none",
		.meaning = "so many objects, and unfinished uploads (default: it stays)",
	},
	[OPTION_RATE_OF_TENANT] = {
		.name = "requests-per-second",
		.kind = OPTION_KIND_LIMIT,
		.argument = "N|none|default",
		.member = "requests_per_second",
		.meaning = "so many requests a second, 1 to 1000000, of all its access keys and tokens "
			   "together (default: it stays)",
	},
	[OPTION_BURST] = {
		.name = "burst",
		.kind = OPTION_KIND_LIMIT,
		.argument = "N|default",
		.member = "burst",
		.meaning = "so many of them at once, 1 to 10000000 (default: it stays; at first two seconds' "
			   "worth)",
	},
	[OPTION_BANDWIDTH] = {
		.name = "bandwidth",
		.kind = OPTION_KIND_SIZE_LIMIT,
		.argument = "SIZE|none|default",
		.member = "bandwidth",
		.meaning = "so many bytes a second that it sends, and as many that it gets: 500KiB, 10MiB, or "
			   "as many bytes, 64KiB to 1TiB (default: it stays)",
	},
	[OPTION_PARALLEL] = {
		.name = "parallel",
		.kind = OPTION_KIND_LIMIT,
		.argument = "N|none|default",
		.member = "parallel",
		.meaning = "so many requests under way at a time, 1 to 100000 (default: it stays)",
	},
	[OPTION_OLDER_THAN] = {
		.name = "older-than",
		.kind = OPTION_KIND_DURATION,
		.argument = "SPAN",
		.meaning = "only those that began longer ago than that: 7d, 12h, 30min",
	},
	[OPTION_READ_RATE] = {
		.name = "read-rate",
		.kind = OPTION_KIND_SIZE,
		.argument = "SIZE",
		.meaning = "read at most so many bytes a second: 50MiB; from 64KiB on (default: as fast as "
			   "the disk gives them)",
	},
	[OPTION_YES] = {
		.name = "yes",
		.kind = OPTION_KIND_FLAG,
		.meaning = "do not ask whether it is meant (default: ask, on a terminal; without one, "
			   "nothing is done)",
	},
	[OPTION_INTERVAL] = {
		.name = "interval",
		.kind = OPTION_KIND_NUMBER,
		.argument = "SECONDS",
		.meaning = "how long each look lasts, 1 to 3600 seconds (default: 2)",
	},
	[OPTION_ONCE] = {
		.name = "once",
		.kind = OPTION_KIND_FLAG,
		.meaning = "look for one interval, print a table, and end",
	},
	[OPTION_METRICS_SOCKET] = {
		.name = "metrics-socket",
		.kind = OPTION_KIND_TEXT,
		.argument = "PATH",
		.meaning = "the frontend's socket for metrics (default: metrics.sock beside authd's "
			   "admin socket)",
	},
	[OPTION_VERIFY] = {
		.name = "verify",
		.kind = OPTION_KIND_FLAG,
		.meaning = "read what the backup has already, and copy anew what is damaged (default: what it "
			   "has of the right length is kept)",
	},
	[OPTION_TO_HOST] = {
		.name = "to-host",
		.kind = OPTION_KIND_TEXT,
		.argument = "KEY",
		.meaning = "seal the tenant's users, keys and tokens to a host, which alone can restore them: "
			   "what `cofferctl host key` says there",
	},
	[OPTION_PASSPHRASE_FILE] = {
		.name = "passphrase-file",
		.kind = OPTION_KIND_TEXT,
		.argument = "FILE",
		.meaning = "its first line is the passphrase that users, keys and tokens are sealed with, at "
			   "least 8 characters; - is standard input (default: it is asked for, on a terminal)",
	},
	[OPTION_WITHOUT_IDENTITIES] = {
		.name = "without-identities",
		.kind = OPTION_KIND_FLAG,
		.meaning = "leave users, keys and tokens out: nobody can use what is restored until he is given "
			   "a key",
	},
	[OPTION_SKIP_EXISTING] = {
		.name = "skip-existing",
		.kind = OPTION_KIND_FLAG,
		.meaning = "leave out access keys and tokens that are there already, such as another tenant's "
			   "(default: they are named, and it ends)",
	},
	[OPTION_SUSPENDED] = {
		.name = "suspended",
		.kind = OPTION_KIND_FLAG,
		.meaning = "leave it suspended (default: it serves from when all of it is there)",
	},
	[OPTION_TO_SOCKET] = {
		.name = "to-socket",
		.kind = OPTION_KIND_TEXT,
		.argument = "PATH",
		.meaning = "the admin socket of the other Coffer: of an instance, "
			   "/run/coffer@INSTANCE/authd-admin.sock",
	},
	[OPTION_NAME] = {
		.name = "name",
		.kind = OPTION_KIND_TEXT,
		.argument = "NAME",
		.meaning = "what the tenant is to be called (default: as it was)",
	},
	[OPTION_QUIET] = {
		.name = "quiet",
		.kind = OPTION_KIND_FLAG,
		.meaning = "show no progress",
	},
	[OPTION_OPERATOR_SOCKET] = {
		.name = "operator-socket",
		.kind = OPTION_KIND_TEXT,
		.argument = "PATH",
		.meaning = "stored's operator socket (default: stored-operator.sock beside authd's "
			   "admin socket)",
	},
	[OPTION_DATA] = {
		.name = "data",
		.kind = OPTION_KIND_TEXT,
		.argument = "DIR",
		.meaning = "what `coffer up --data DIR` keeps (default: the installed service)",
	},
	[OPTION_CONFIG] = {
		.name = "config",
		.kind = OPTION_KIND_TEXT,
		.argument = "FILE",
		.meaning = "read this, and FILE.d/*.conf (default: the file of the service)",
	},
	[OPTION_ENDPOINT] = {
		.name = "endpoint",
		.kind = OPTION_KIND_TEXT,
		.argument = "URL",
		.meaning = "ask the server that listens for S3 there, http://HOST:PORT or https://HOST:PORT, as "
			   "an administrator of a tenant: it is about that tenant then, and --tenant is not "
			   "given (default: $COFFER_ADMIN_ENDPOINT, else authd's admin socket)",
	},
	[OPTION_CREDENTIALS] = {
		.name = "credentials",
		.kind = OPTION_KIND_TEXT,
		.argument = "FILE",
		.meaning = "the administrator's access key and its secret, as `cofferctl key create --json` "
			   "writes them, in a file of mode 0600 (default: $AWS_ACCESS_KEY_ID and "
			   "$AWS_SECRET_ACCESS_KEY, with $AWS_REGION)",
	},
	[OPTION_CA_FILE] = {
		.name = "ca-file",
		.kind = OPTION_KIND_TEXT,
		.argument = "FILE",
		.meaning = "believe the certificates in FILE, PEM, about who the endpoint is, and no others "
			   "(default: those of the system)",
	},
	[OPTION_INSECURE_HTTP] = {
		.name = "insecure-http",
		.kind = OPTION_KIND_FLAG,
		.meaning = "ask another host without TLS, where all can be read on the way, new secrets too "
			   "(default: it is refused)",
	},
	[OPTION_SOCKET] = {
		.name = "socket",
		.kind = OPTION_KIND_TEXT,
		.argument = "PATH",
		.meaning = "authd's admin socket (default: $COFFER_ADMIN_SOCKET, else " MANUAL_SOCKET
			   "); `coffer up --data DIR` has it at DIR/run/authd-admin.sock",
	},
	[OPTION_JSON] = {
		.name = "json",
		.kind = OPTION_KIND_FLAG,
		.meaning = "print the answer as one line of JSON, for scripts",
	},
	[OPTION_HELP] = {
		.name = "help",
		.kind = OPTION_KIND_FLAG,
		.meaning = "say what there is; behind a command, all about that one",
	},
	[OPTION_VERSION] = {
		.name = "version",
		.kind = OPTION_KIND_FLAG,
		.meaning = "say which version this is",
	},
};

bool manual_may_repeat(enum manual_option o)
{
	return manual_options[o].kind == OPTION_KIND_SCOPE ||
	       manual_options[o].kind == OPTION_KIND_PATTERN;
}

/* --- the commands ------------------------------------------------------------------------- */

const struct manual_group_row manual_groups[GROUPS] = {
	[GROUP_TENANT] = {
		.word = "tenant",
		.title = "Tenants",
		.text = "A tenant owns buckets, access keys and tokens, and sees nothing of any other.",
	},
	[GROUP_USER] = {
		.word = "user",
		.title = "Users of a tenant",
		.text = "A user has access keys of his own, for S3, and may do with them what his policy says: "
			"without one, nothing. A key without a user acts for the tenant itself.",
	},
	[GROUP_POLICY] = {
		.word = "policy",
		.title = "What users may do",
		.text = "A policy, in IAM's language, says what a user of a tenant may do with its buckets. "
			"Nothing is allowed that no policy allows.",
	},
	[GROUP_KEY] = {
		.word = "key",
		.title = "Access keys, for S3",
		.text = "An access key and its secret are what a client of the S3 API signs its requests "
			"with. It acts for its tenant.",
	},
	[GROUP_TOKEN] = {
		.word = "token",
		.title = "Tokens, for REST",
		.text = "A token is what a client of the REST API shows. It is for one bucket of its "
			"tenant. Its name is unique within the tenant.",
	},
	[GROUP_BUCKET] = {
		.word = "bucket",
		.title = "Buckets",
		.text = "A bucket holds a tenant's objects. No two tenants have one of the same name. Clients "
			"make their own; here are all that there are.",
	},
	[GROUP_UPLOADS] = {
		.word = "uploads",
		.title = "Unfinished uploads",
		.text = "An upload in parts takes room from its first part on, until its client finishes it or "
			"gives it up. One that nobody has added to for uploads-expire of coffer.conf, 7 days, "
			"is ended by the server.",
	},
	[GROUP_OBJECTS] = { .title = "Objects" },
	[GROUP_HOST] = {
		.word = "host",
		.title = "This host",
		.text = "What other hosts must know of this one.",
	},
	[GROUP_SERVER] = { .title = "The server" },
};

#define BIT(SYMBOL) MANUAL_BIT(SYMBOL)

#define MANAGED (BIT(TENANT) | BIT(OPERATOR_SOCKET))

/* What an administrator of a tenant does for it, here or from afar. */
#define OF_TENANT (BIT(TENANT) | MANUAL_REMOTE)

#define TRANSFER (BIT(TENANT) | BIT(PREFIX) | BIT(OVERWRITE) | BIT(QUIET) | BIT(OPERATOR_SOCKET))

#define TERMS (BIT(SCOPE) | BIT(BUCKET) | BIT(PREFIX) | BIT(RATE))

#define ONLY_OF_TENANT "only those of this tenant (default: of all)"

const struct manual_command_row manual_commands[COMMANDS] = {
	[COMMAND_TENANT_CREATE] = {
		.group = GROUP_TENANT,
		.word = "create",
		.order = "tenant.create",
		.operand = "NAME",
		.member = "name",
		.takes = BIT(DISPLAY_NAME) | BIT(EMAIL) | BIT(CANONICAL_ID),
		.brief = "make a tenant",
		.text = "NAME: at most 63 lower-case letters, digits and hyphens. It has no keys and no "
			"tokens yet: make them with `cofferctl key create` and `cofferctl token add`.",
		.examples = "cofferctl tenant create acme --display-name 'Acme Ltd'\n",
	},
	[COMMAND_TENANT_LIST] = {
		.group = GROUP_TENANT,
		.word = "list",
		.order = "tenant.list",
		.brief = "say which tenants there are",
		.examples = "cofferctl tenant list\n",
	},
	[COMMAND_TENANT_SHOW] = {
		.group = GROUP_TENANT,
		.word = "show",
		.order = "tenant.show",
		.operand = "NAME",
		.member = "name",
		.brief = "say what is known of a tenant",
		.text = "Its state is active, suspended or deleting.",
		.examples = "cofferctl tenant show acme\n",
	},
	[COMMAND_TENANT_UPDATE] = {
		.group = GROUP_TENANT,
		.word = "update",
		.order = "tenant.update",
		.operand = "NAME",
		.member = "name",
		.takes = BIT(DISPLAY_NAME) | BIT(EMAIL),
		.brief = "change what a tenant is called, or whom to write to",
		.text = "What you do not give stays as it is. Neither its name nor its canonical ID can "
			"change.",
		.examples = "cofferctl tenant update acme --display-name 'Acme Ltd' --email ops@acme.example\n",
		.meanings = { { OPTION_DISPLAY_NAME, "what people call it, at most 256 bytes; S3 shows it as "
						     "the owner's (default: as before)" },
			      { OPTION_EMAIL, "whom to write to about it, at most 254 bytes (default: as "
					      "before)" } },
	},
	[COMMAND_TENANT_SUSPEND] = {
		.group = GROUP_TENANT,
		.word = "suspend",
		.order = "tenant.suspend",
		.operand = "NAME",
		.member = "name",
		.brief = "refuse all requests of a tenant from now on",
		.text = "Its keys and tokens are refused, with 403, and nothing of it is lost. A request that was "
			"let in before ends as it would have. `cofferctl tenant resume` takes it back.",
		.examples = "cofferctl tenant suspend acme\n",
	},
	[COMMAND_TENANT_RESUME] = {
		.group = GROUP_TENANT,
		.word = "resume",
		.order = "tenant.resume",
		.operand = "NAME",
		.member = "name",
		.brief = "let in again a tenant that was suspended",
		.examples = "cofferctl tenant resume acme\n",
	},
	[COMMAND_TENANT_DELETE] = {
		.group = GROUP_TENANT,
		.word = "delete",
		.order = "tenant.delete",
		.operand = "NAME",
		.member = "name",
		.takes = BIT(WITH_DATA),
		.brief = "take a tenant away for ever",
		.text = "Its keys and tokens are worth nothing from that moment on. It waits until nothing of the "
			"tenant is left on the disk, which with much data takes long; when it is interrupted, or "
			"the server is stopped, the deletion goes on by itself. Afterwards there can be another "
			"tenant of that name.",
		.examples = "cofferctl tenant delete acme\n"
			    "cofferctl tenant delete acme --with-data\n",
	},
	[COMMAND_TENANT_USAGE] = {
		.group = GROUP_TENANT,
		.word = "usage",
		.operand = "[NAME]",
		.takes = BIT(RECOUNT) | BIT(OPERATOR_SOCKET),
		.brief = "say how much tenants use, and may use",
		.text = "Of the tenant NAME with a line for each bucket; without, a line for each tenant. Bytes are "
			"those that clients see: a copy counts like its source. ALL is what counts against "
			"a quota: objects and unfinished uploads, their bytes and those of their parts.\n"
			"The figures are kept with every change and exact. --recount does not believe that: "
			"it goes through all there is, while clients go on, and tells what was wrong.",
		.examples = "cofferctl tenant usage\n"
			    "cofferctl tenant usage acme\n"
			    "cofferctl tenant usage acme --recount --json\n",
	},
	[COMMAND_TENANT_QUOTA] = {
		.group = GROUP_TENANT,
		.word = "quota",
		.operand = "NAME",
		.takes = BIT(BYTES) | BIT(OBJECTS) | BIT(OPERATOR_SOCKET),
		.brief = "say how much a tenant may use in all its buckets",
		.text = "By default there is no limit. What would exceed it is refused: QuotaExceeded, in REST "
			"507. Less than what is used already leaves all there is as it is, until as much was "
			"deleted. Without an option nothing changes: it is shown.",
		.examples = "cofferctl tenant quota acme --bytes 10GiB --objects 100000\n"
			    "cofferctl tenant quota acme --objects none\n",
	},
	[COMMAND_TENANT_BACKUP] = {
		.group = GROUP_TENANT,
		.word = "backup",
		.operand = "NAME",
		.second = "DIR",
		.takes = BIT(VERIFY) | BIT(TO_HOST) | BIT(PASSPHRASE_FILE) | BIT(WITHOUT_IDENTITIES) |
			 BIT(QUIET) | BIT(OPERATOR_SOCKET),
		.brief = "copy all that a tenant keeps into a directory",
		.text = "As it is at one moment, while clients go on. DIR is made, and yours alone. What it has from before stays, so a second "
			"run copies what has come since, and what was deleted goes from it. A run that is "
			"interrupted leaves the backup before as it was, and the same command again goes on.",
		.examples = "cofferctl tenant backup acme /srv/backup/acme --passphrase-file /root/backup-passphrase\n"
			    "cofferctl tenant backup acme /srv/backup/acme --to-host cfpub_...\n",
	},
	[COMMAND_TENANT_VERIFY] = {
		.group = GROUP_TENANT,
		.word = "verify",
		.operand = "DIR",
		.takes = BIT(QUIET),
		.brief = "read a backup through, and say whether it is whole",
		.text = "Holds it against what it says of itself, and asks no server. What is damaged is named, and `cofferctl tenant backup --verify` copies it anew.",
		.examples = "cofferctl tenant verify /srv/backup/acme\n",
	},
	[COMMAND_TENANT_RESTORE] = {
		.group = GROUP_TENANT,
		.word = "restore",
		.operand = "DIR",
		.takes = BIT(NAME) | BIT(PASSPHRASE_FILE) | BIT(WITHOUT_IDENTITIES) | BIT(SKIP_EXISTING) |
			 BIT(SUSPENDED) | BIT(QUIET) | BIT(OPERATOR_SOCKET),
		.brief = "make a new tenant of a backup",
		.text = "On this host or on another. Neither a tenant of that name nor others' buckets of the names that "
			"it has may be there. The tenant has nothing until all of it has come; when that is "
			"interrupted, the same command again goes on, and `cofferctl tenant delete --with-data` "
			"gives it up.",
		.examples = "cofferctl tenant restore /srv/backup/acme\n"
			    "cofferctl tenant restore /srv/backup/acme --name acme-before\n",
	},
	[COMMAND_TENANT_LIMITS] = {
		.group = GROUP_TENANT,
		.word = "limits",
		.order = "tenant.limit",
		.question = "tenant.show",
		.operand = "NAME",
		.member = "name",
		.takes = BIT(RATE_OF_TENANT) | BIT(BURST) | BIT(BANDWIDTH) | BIT(PARALLEL),
		.brief = "say how much a tenant may have at a time",
		.text = "With the next request. Too many requests, a second or under way, are refused: 503 "
			"SlowDown, in REST 429. Bandwidth is not refused, it takes longer. `none` is no limit, "
			"`default` what coffer.conf says of all (tenant-requests-per-second and others there). "
			"Without an option nothing changes: they are shown.",
		.examples = "cofferctl tenant limits acme --requests-per-second 100 --burst 500\n"
			    "cofferctl tenant limits acme --bandwidth 20MiB --parallel 64\n"
			    "cofferctl tenant limits acme --bandwidth default\n",
	},
	[COMMAND_TENANT_MOVE] = {
		.group = GROUP_TENANT,
		.word = "move",
		.operand = "NAME",
		.second = "DIR",
		.needs = BIT(TO_SOCKET),
		.takes = BIT(QUIET) | BIT(OPERATOR_SOCKET),
		.brief = "move a tenant to another Coffer of this host",
		.text = "By a backup in DIR, sealed to the other one: once while clients go on, then the tenant is "
			"suspended, and what has come since follows. When all of it is there its data here is "
			"deleted, and it serves there. Interrupted, the same command goes on. To another host: "
			"docs/backup.md.",
		.examples = "cofferctl tenant move acme /srv/move/acme --to-socket /run/coffer@two/authd-admin.sock\n",
	},
	[COMMAND_USER_CREATE] = {
		.group = GROUP_USER,
		.word = "create",
		.order = "user.create",
		.operand = "USER",
		.member = "user",
		.takes = OF_TENANT | BIT(ADMINISTRATOR),
		.of_default_tenant = true,
		.brief = "make a user",
		.text = "USER: at most 64 letters, digits and +=,.@_-, unique within the tenant. Keys for him are "
			"made by `cofferctl key create --user`.",
		.examples = "cofferctl user create alice --tenant acme\n"
			    "cofferctl user create carol --tenant acme --administrator yes\n",
		.meanings = { { OPTION_ADMINISTRATOR, "whether he may manage the tenant's users, policies, keys "
						      "and tokens (default: no)" } },
	},
	[COMMAND_USER_LIST] = {
		.group = GROUP_USER,
		.word = "list",
		.order = "user.list",
		.takes = OF_TENANT,
		.brief = "say which users there are",
		.examples = "cofferctl user list --tenant acme\n"
			    "cofferctl user list --endpoint https://coffer.example --credentials admin.json\n",
		.meanings = { { OPTION_TENANT, ONLY_OF_TENANT } },
	},
	[COMMAND_USER_SHOW] = {
		.group = GROUP_USER,
		.word = "show",
		.order = "user.show",
		.operand = "USER",
		.member = "user",
		.takes = OF_TENANT,
		.of_default_tenant = true,
		.brief = "say what is known of a user",
		.examples = "cofferctl user show alice --tenant acme\n",
	},
	[COMMAND_USER_UPDATE] = {
		.group = GROUP_USER,
		.word = "update",
		.order = "user.update",
		.operand = "USER",
		.member = "user",
		.needs = BIT(ADMINISTRATOR),
		.takes = BIT(TENANT),
		.of_default_tenant = true,
		.brief = "make a user an administrator of his tenant, or not any more",
		.text = "An administrator can give users policies, and so has a way to all data of the tenant. Only "
			"here he is made one: no administrator makes another.",
		.examples = "cofferctl user update alice --tenant acme --administrator yes\n",
	},
	[COMMAND_USER_DELETE] = {
		.group = GROUP_USER,
		.word = "delete",
		.order = "user.delete",
		.operand = "USER",
		.member = "user",
		.takes = OF_TENANT,
		.of_default_tenant = true,
		.brief = "take a user away for ever",
		.text = "He must have no access key any more: `cofferctl key list --user` shows those that he has.",
		.examples = "cofferctl user delete alice --tenant acme\n",
	},
	[COMMAND_POLICY_PUT] = {
		.group = GROUP_POLICY,
		.word = "put",
		.order = "policy.put",
		.operand = "USER",
		.member = "user",
		.needs = BIT(FILE),
		.takes = OF_TENANT,
		.of_default_tenant = true,
		.brief = "give a user a policy, in the place of the one he has",
		.text = "In force from that moment on. Where anything is wrong with it, it says what, and in which "
			"statement, and nothing changes.",
		.examples = "cofferctl policy put alice --tenant acme --file alice.json\n"
			    "cofferctl policy put alice --tenant acme --file - <alice.json\n",
	},
	[COMMAND_POLICY_GET] = {
		.group = GROUP_POLICY,
		.word = "get",
		.order = "policy.get",
		.operand = "USER",
		.member = "user",
		.takes = OF_TENANT,
		.of_default_tenant = true,
		.brief = "show the policy of a user",
		.text = "Without the white space that it was given with.",
		.examples = "cofferctl policy get alice --tenant acme\n",
	},
	[COMMAND_POLICY_DELETE] = {
		.group = GROUP_POLICY,
		.word = "delete",
		.order = "policy.delete",
		.operand = "USER",
		.member = "user",
		.takes = OF_TENANT,
		.of_default_tenant = true,
		.brief = "take a user's policy away: he may do nothing from then on",
		.examples = "cofferctl policy delete alice --tenant acme\n",
	},
	[COMMAND_KEY_CREATE] = {
		.group = GROUP_KEY,
		.word = "create",
		.order = "key.create",
		.needs = BIT(TENANT),
		.needs_remote = BIT(USER),
		.takes = MANUAL_REMOTE | BIT(USER) | BIT(TTL) | BIT(ACCESS_KEY) | BIT(SECRET_KEY_STDIN),
		.brief = "make an access key, and show its secret once",
		.text = "There may be several at once, so that one can take over from another.",
		.examples = "cofferctl key create --tenant acme\n"
			    "cofferctl key create --tenant acme --user alice --ttl 90\n"
			    "cofferctl key create --tenant acme --access-key AKMINE --secret-key-stdin "
			    "<secret.txt\n",
		.meanings = { { OPTION_TENANT, "whom it acts for" },
			      { OPTION_USER, "as whom of that tenant, who has at most 16 of them (default: the "
					     "tenant itself, which may do everything)" },
			      { OPTION_TTL, "how long it is worth something, 1 to 36500 days from now (default: "
					    "until it is deleted)" } },
	},
	[COMMAND_KEY_LIST] = {
		.group = GROUP_KEY,
		.word = "list",
		.order = "key.list",
		.takes = OF_TENANT | BIT(USER),
		.brief = "say which access keys there are",
		.text = "Secrets are not shown: they were, once, when the keys were made. When one was last used "
			"is known to a minute.",
		.examples = "cofferctl key list --tenant acme\n"
			    "cofferctl key list --tenant acme --user alice\n",
		.meanings = { { OPTION_TENANT, ONLY_OF_TENANT },
			      { OPTION_USER, "only those of this user, of that tenant (default: of all)" } },
	},
	[COMMAND_KEY_DISABLE] = {
		.group = GROUP_KEY,
		.word = "disable",
		.order = "key.disable",
		.operand = "ACCESS-KEY",
		.member = "access_key",
		.takes = MANUAL_REMOTE,
		.brief = "refuse requests signed with it from now on",
		.text = "A request that was let in before ends as it would have. `cofferctl key enable` takes "
			"it back.",
		.examples = "cofferctl key disable AKMINE\n",
	},
	[COMMAND_KEY_ENABLE] = {
		.group = GROUP_KEY,
		.word = "enable",
		.order = "key.enable",
		.operand = "ACCESS-KEY",
		.member = "access_key",
		.takes = MANUAL_REMOTE,
		.brief = "let in again what it signs",
		.examples = "cofferctl key enable AKMINE\n",
	},
	[COMMAND_KEY_DELETE] = {
		.group = GROUP_KEY,
		.word = "delete",
		.order = "key.delete",
		.operand = "ACCESS-KEY",
		.member = "access_key",
		.takes = MANUAL_REMOTE,
		.brief = "take it away for ever, with its secret",
		.text = "What was stored with it stays. To be able to go back, use `cofferctl key disable`.",
		.examples = "cofferctl key delete AKMINE\n",
	},
	[COMMAND_TOKEN_ADD] = {
		.group = GROUP_TOKEN,
		.word = "add",
		.order = "token.create",
		.operand = "NAME",
		.member = "token_name",
		.needs = BIT(TTL),
		.takes = OF_TENANT | TERMS,
		.of_default_tenant = true,
		.brief = "make a token, and show it once",
		.text = "NAME is for people, and for the commands here; at most 128 bytes.",
		.examples = "cofferctl token add laptop --ttl 90\n"
			    "cofferctl token add backup --ttl 365 --scope write --tenant acme --bucket nightly "
			    "--prefix db/\n",
		.meanings = { { OPTION_BUCKET, "the bucket it is for, which is made if it is not there "
					       "(default: TENANT-objects)" },
			      { OPTION_PREFIX, "it touches, and lists, only keys that begin with it "
					       "(default: all keys)" } },
	},
	[COMMAND_TOKEN_LIST] = {
		.group = GROUP_TOKEN,
		.word = "list",
		.order = "token.list",
		.takes = OF_TENANT,
		.brief = "say which tokens there are, and what they are worth",
		.text = "When one was last used is known to a minute.",
		.examples = "cofferctl token list\n",
		.meanings = { { OPTION_TENANT, ONLY_OF_TENANT } },
	},
	[COMMAND_TOKEN_REFRESH] = {
		.group = GROUP_TOKEN,
		.word = "refresh",
		.order = "token.refresh",
		.operand = "NAME",
		.member = "token_name",
		.needs = BIT(TTL),
		.takes = OF_TENANT | TERMS,
		.of_default_tenant = true,
		.brief = "put a new token in the place of an old one",
		.text = "The old one is worth nothing from that moment on. What you do not give stays as it "
			"is.",
		.examples = "cofferctl token refresh laptop --ttl 90\n"
			    "cofferctl token refresh backup --ttl 365 --tenant acme --prefix ''\n",
		.meanings = { { OPTION_SCOPE, "what it may do; may be repeated (default: as before)" },
			      { OPTION_BUCKET, "the bucket it is for, which is made if it is not there "
					       "(default: as before)" },
			      { OPTION_PREFIX, "it touches, and lists, only keys that begin with it; '' "
					       "stands for all keys (default: as before)" },
			      { OPTION_RATE, "so many requests a second, 1 to 1000000 (default: as "
					     "before)" } },
	},
	[COMMAND_TOKEN_DELETE] = {
		.group = GROUP_TOKEN,
		.word = "delete",
		.order = "token.delete",
		.operand = "NAME",
		.member = "token_name",
		.takes = OF_TENANT,
		.of_default_tenant = true,
		.brief = "take a token away",
		.text = "It is worth nothing from that moment on.",
		.examples = "cofferctl token delete laptop\n",
	},
	[COMMAND_TOKEN_IMPORT] = {
		.group = GROUP_TOKEN,
		.word = "import",
		.order = "token.import",
		.operand = "FILE",
		.takes = BIT(TENANT) | BIT(BUCKET),
		.of_default_tenant = true,
		.brief = "take over the tokens.json of an older service",
		.text = "All of it or, where anything is wrong, nothing: its tokens go on working. FILE is a "
			"list of at most 4096 tokens, in at most 1 MiB; - is standard input.",
		.examples = "cofferctl token import /srv/objects/tokens.json --tenant acme --bucket "
			    "acme-objects\n",
		.meanings = { { OPTION_BUCKET, "the bucket they are for, which is made if it is not there "
					       "(default: TENANT-objects)" },
			      { OPTION_TENANT, "whose they are (default: " MANUAL_TENANT ")" } },
	},
	[COMMAND_BUCKET_LIST] = {
		.group = GROUP_BUCKET,
		.word = "list",
		.takes = MANAGED,
		.brief = "say which buckets there are",
		.examples = "cofferctl bucket list\n"
			    "cofferctl bucket list --tenant acme --json\n",
		.meanings = { { OPTION_TENANT, ONLY_OF_TENANT } },
	},
	[COMMAND_BUCKET_SHOW] = {
		.group = GROUP_BUCKET,
		.word = "show",
		.operand = "BUCKET",
		.takes = MANAGED,
		.brief = "say whose a bucket is, since when, and what is in it",
		.examples = "cofferctl bucket show photos\n",
		.meanings = { { OPTION_TENANT, "whose it is (default: whoever has it)" } },
	},
	[COMMAND_BUCKET_DELETE] = {
		.group = GROUP_BUCKET,
		.word = "delete",
		.operand = "BUCKET",
		.takes = MANAGED | BIT(WITH_OBJECTS) | BIT(YES) | BIT(QUIET),
		.brief = "delete a bucket",
		.text = "Uploads that nobody has finished go with it. With many objects it takes a while; where it "
			"ends early, the same command goes on. What could not be deleted is told, and the "
			"bucket stays; the exit status is then 1.",
		.examples = "cofferctl bucket delete photos\n"
			    "cofferctl bucket delete photos --with-objects --yes\n",
		.meanings = { { OPTION_TENANT, "whose it is (default: whoever has it)" } },
	},
	[COMMAND_BUCKET_QUOTA] = {
		.group = GROUP_BUCKET,
		.word = "quota",
		.operand = "BUCKET",
		.takes = MANAGED | BIT(BYTES) | BIT(OBJECTS),
		.brief = "say how much may be in a bucket",
		.text = "Beside this the quota of its tenant holds. See `cofferctl tenant quota`.",
		.examples = "cofferctl bucket quota photos --bytes 2TiB\n"
			    "cofferctl bucket quota photos --tenant acme --bytes none\n",
		.meanings = { { OPTION_TENANT, "whose it is (default: whoever has it)" } },
	},
	[COMMAND_BUCKET_POLICY] = {
		.group = GROUP_BUCKET,
		.word = "policy",
		.operand = "BUCKET",
		.takes = MANAGED | BIT(FILE) | BIT(REMOVE),
		.brief = "say whom the policy of a bucket lets in, beside its tenant",
		.text = "In force from that moment on. Where anything is wrong with it, it says what, and nothing "
			"changes. Without an option nothing changes: it is shown, without the white space that "
			"it was given with. No policy keeps out who administers the server.",
		.examples = "cofferctl bucket policy photos\n"
			    "cofferctl bucket policy photos --file photos.json\n"
			    "cofferctl bucket policy photos --remove\n",
		.meanings = { { OPTION_TENANT, "whose it is (default: whoever has it)" },
			      { OPTION_FILE, "the policy that it gets, JSON of at most 20 KiB; - is "
					     "standard input" },
			      { OPTION_REMOVE, "take its policy away" } },
	},
	[COMMAND_BUCKET_ACCESS] = {
		.group = GROUP_BUCKET,
		.word = "access",
		.operand = "BUCKET",
		.takes = MANAGED | BIT(BLOCK),
		.brief = "say what keeps a bucket from being open to everybody",
		.text = "BlockPublicPolicy refuses a policy that would open it. RestrictPublicBuckets keeps others out "
			"whatever the policy that is there says. The other two are kept, and mean nothing: there are "
			"no ACLs. A new bucket has all four. Without --block nothing changes: it is shown.",
		.examples = "cofferctl bucket access photos\n"
			    "cofferctl bucket access photos --block all\n"
			    "cofferctl bucket access photos --block BlockPublicPolicy,RestrictPublicBuckets\n",
		.meanings = { { OPTION_TENANT, "whose it is (default: whoever has it)" } },
	},
	[COMMAND_UPLOADS_LIST] = {
		.group = GROUP_UPLOADS,
		.word = "list",
		.takes = MANAGED | BIT(BUCKET) | BIT(OLDER_THAN),
		.brief = "say which uploads nobody has finished yet",
		.examples = "cofferctl uploads list\n"
			    "cofferctl uploads list --tenant acme --older-than 2d\n",
		.meanings = { { OPTION_TENANT, ONLY_OF_TENANT },
			      { OPTION_BUCKET, "only those into this bucket (default: into all)" },
			      { OPTION_OLDER_THAN, "only those that began longer ago than that: 7d, 12h, "
						   "30min (default: all)" } },
	},
	[COMMAND_UPLOADS_ABORT] = {
		.group = GROUP_UPLOADS,
		.word = "abort",
		.needs = BIT(OLDER_THAN),
		.takes = MANAGED | BIT(BUCKET),
		.brief = "end them, and give back the room of their parts",
		.text = "Their clients are told that there is no such upload. `cofferctl uploads list` with the same "
			"options says which would go.",
		.examples = "cofferctl uploads abort --older-than 2d\n"
			    "cofferctl uploads abort --older-than 0 --bucket photos\n",
		.meanings = { { OPTION_TENANT, ONLY_OF_TENANT },
			      { OPTION_BUCKET, "only those into this bucket (default: into all)" },
			      { OPTION_OLDER_THAN, "only those that began longer ago than that: 7d, 12h, "
						   "30min; 0 stands for all" } },
	},
	[COMMAND_IMPORT] = {
		.group = GROUP_OBJECTS,
		.word = "import",
		.operand = "SRC",
		.needs = BIT(FORMAT) | BIT(BUCKET),
		.takes = TRANSFER | BIT(EXCLUDE) | BIT(NO_READ_BACK) | BIT(DRY_RUN),
		.of_default_tenant = true,
		.brief = "bring objects of an older service into a bucket",
		.text = "SRC is read with your own rights. What is there already and the same is left alone: "
			"the same command goes on where an earlier one ended. Everything is read back and "
			"compared.\n\n"
			"Each object that failed is told with its reason, and the rest goes on; the exit "
			"status is then 1.",
		.examples = "cofferctl import /srv/objects --format filesystem --tenant acme --bucket "
			    "acme-objects --dry-run\n"
			    "cofferctl import objects.db --format sqlite --bucket default-objects\n",
		.meanings = { { OPTION_BUCKET, "where they go: a bucket that is made if it is not there" },
			      { OPTION_PREFIX, "what goes before every key (default: nothing)" },
			      { OPTION_TENANT, "whose bucket it is (default: " MANUAL_TENANT ")" } },
	},
	[COMMAND_EXPORT] = {
		.group = GROUP_OBJECTS,
		.word = "export",
		.operand = "DST",
		.needs = BIT(BUCKET),
		.takes = TRANSFER,
		.of_default_tenant = true,
		.brief = "take objects out of a bucket into a plain tree",
		.text = "What is there already and the same is left alone. Keys that cannot be a path inside "
			"DST are told and left out; the exit status is then 1.",
		.examples = "cofferctl export /srv/copy --bucket default-objects\n"
			    "cofferctl export /srv/copy --tenant acme --bucket nightly --prefix db/\n",
		.meanings = { { OPTION_BUCKET, "where they come from" },
			      { OPTION_TENANT, "whose bucket it is (default: " MANUAL_TENANT ")" } },
	},
	[COMMAND_HOST_KEY] = {
		.group = GROUP_HOST,
		.word = "key",
		.order = "host.key",
		.brief = "show the key to which backups for this host are sealed",
		.text = "It is no secret. It is made of the keyring key, and the same as long as that is. A "
			"checksum in it finds what is mistyped.",
		.examples = "cofferctl host key\n",
	},
	[COMMAND_STATUS] = {
		.group = GROUP_SERVER,
		.word = "status",
		.order = "status",
		.takes = BIT(METRICS_SOCKET),
		.brief = "say how it is: processes, confinement, requests, disk",
		.text = "What is wrong comes first, as a warning. Requests are counted since the frontend "
			"has started; `cofferctl top` says what is going on now. With --json, members stay "
			"what they are; the manual page tells them.",
		.examples = "cofferctl status\n"
			    "cofferctl status --json\n",
	},
	[COMMAND_SCRUB] = {
		.group = GROUP_SERVER,
		.word = "scrub",
		.takes = MANAGED | BIT(BUCKET) | BIT(READ_RATE) | BIT(QUIET),
		.brief = "read all that is kept, and say what the disk has damaged",
		.text = "Objects and the parts of unfinished uploads are read from the disk, while clients go on, "
			"and compared with the lengths and checksums that they came with; the catalogs of the "
			"tenants, too, unless a bucket is named. Nothing is changed. Each damage is told with "
			"bucket and key, and stands in stored's log; the exit status is then 1.\n\n"
			"It can be ended at any time, and begins anew the next.",
		.examples = "cofferctl scrub\n"
			    "cofferctl scrub --tenant acme --read-rate 50MiB\n"
			    "cofferctl scrub --bucket photos --json\n",
		.meanings = { { OPTION_TENANT, "only what is this tenant's (default: of all)" },
			      { OPTION_BUCKET, "only this bucket (default: all)" } },
	},
	[COMMAND_TOP] = {
		.group = GROUP_SERVER,
		.word = "top",
		.takes = BIT(INTERVAL) | BIT(ONCE) | BIT(METRICS_SOCKET),
		.brief = "watch requests, bytes, errors and latency of each tenant",
		.text = "On a terminal it is drawn again and again until q or Ctrl-C; elsewhere a line is printed "
			"for each tenant who asked for something, with --json an object for each look. It reads "
			"the metrics, which are for root and for whom admin-uid and metrics-uid of coffer.conf name.\n\n"
			"P50 and P99 are how long half, and 99 of 100, of the requests took at most, from the "
			"request line to the last byte of the answer; they are as exact as the buckets of the "
			"metrics.",
		.examples = "cofferctl top\n"
			    "cofferctl top --once --interval 10 --json\n",
	},
	[COMMAND_DOCTOR] = {
		.group = GROUP_SERVER,
		.word = "doctor",
		.takes = BIT(DATA) | BIT(CONFIG),
		.brief = "look for what is wrong with an installation, and say what to do",
		.text = "Looks at users, modes, sockets, confinement, clock and disk. Best as root. The exit "
			"status is 1 where something is wrong.",
		.examples = "cofferctl doctor\n"
			    "cofferctl doctor --data /srv/coffer\n",
	},
	[COMMAND_METRICS_TOKEN] = {
		.group = GROUP_SERVER,
		.word = "metrics-token",
		.brief = "make a token for metrics over TCP",
		.text = "Shows it once, with the line by which coffer.conf lets it in. No server is asked.",
		.examples = "cofferctl metrics-token\n",
	},
	[COMMAND_RELOAD] = {
		.group = GROUP_SERVER,
		.word = "reload",
		.order = "reload",
		.takes = BIT(CONFIG),
		.brief = "read coffer.conf again, and say what takes a restart",
		.text = "The server gets what may change while it runs. With something wrong in the file "
			"nothing changes. What the command line of `coffer up` said counts no more.",
		.examples = "cofferctl reload\n"
			    "cofferctl reload --config /etc/coffer/coffer.conf\n",
	},
};

const char *manual_name(enum manual_command c, char buf[static MANUAL_NAME_MAX])
{
	const char *first = manual_groups[manual_commands[c].group].word;

	snprintf(buf, MANUAL_NAME_MAX, "%s%s%s", first ? first : "", first ? " " : "",
		 manual_commands[c].word);
	return buf;
}

/* --- what was meant ----------------------------------------------------------------------- */

const char *manual_nearest(const char *typed, char buf[static MANUAL_NAME_MAX])
{
	struct nearest n = nearest_begin(typed);
	const char *found = NULL;
	char name[MANUAL_NAME_MAX];

	for (enum manual_command c = 0; c < COMMANDS; c++)
		if (nearest_is(&n, manual_name(c, name)))
			found = strcpy(buf, name);
	for (enum manual_group g = 0; g < GROUPS; g++)
		if (manual_groups[g].word && nearest_is(&n, manual_groups[g].word))
			found = strcpy(buf, manual_groups[g].word);
	return found;
}

const char *manual_nearest_option(const char *typed, uint64_t among)
{
	struct nearest n = nearest_begin(typed);
	const char *found = NULL;

	for (enum manual_option o = 0; o < OPTION_COUNT; o++)
		if ((among & (UINT64_C(1) << o)) && nearest_is(&n, manual_options[o].name))
			found = manual_options[o].name;
	return found;
}
