/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/plan.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
	HOST = 'h',
	PORT = 'p',
	METHOD = 'm',
	PATH = 't',
	QUERY = 'q',
	FIRST = 'f',
	KEYS = 'k',
	GROUP = 'g',
	SIZE = 'z',
	LEAST = 'l',
	RANGE = 'r',
	OF = 'o',
	UNSIGNED_PAYLOAD = 'u',
	CONNECTIONS = 'c',
	SECONDS = 's',
	REQUESTS = 'n',
};

static const struct option options[] = {
	{ "host", required_argument, NULL, HOST },
	{ "port", required_argument, NULL, PORT },
	{ "method", required_argument, NULL, METHOD },
	{ "path", required_argument, NULL, PATH },
	{ "query", required_argument, NULL, QUERY },
	{ "first", required_argument, NULL, FIRST },
	{ "keys", required_argument, NULL, KEYS },
	{ "group", required_argument, NULL, GROUP },
	{ "size", required_argument, NULL, SIZE },
	{ "least", required_argument, NULL, LEAST },
	{ "range", required_argument, NULL, RANGE },
	{ "of", required_argument, NULL, OF },
	{ "unsigned-payload", no_argument, NULL, UNSIGNED_PAYLOAD },
	{ "connections", required_argument, NULL, CONNECTIONS },
	{ "seconds", required_argument, NULL, SECONDS },
	{ "requests", required_argument, NULL, REQUESTS },
	{ 0 },
};

static unsigned long long number(const char *text, unsigned long long most)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end || n > most)
		errx(2, "%s is not a number up to %llu", text, most);
	return n;
}

static void set(struct plan *p, enum option_id id, const char *value)
{
	switch (id) {
	case HOST:
		p->host = value;
		break;
	case PORT:
		p->port = (uint16_t)number(value, UINT16_MAX);
		break;
	case METHOD:
		p->method = value;
		break;
	case PATH:
		p->path = value;
		break;
	case QUERY:
		p->query = value;
		break;
	case FIRST:
		p->first = (unsigned int)number(value, PLAN_KEYS_MAX);
		break;
	case KEYS:
		p->keys = (unsigned int)number(value, PLAN_KEYS_MAX);
		break;
	case GROUP:
		p->group = (unsigned int)number(value, PLAN_KEYS_MAX);
		break;
	case SIZE:
		p->size = number(value, SIZE_MAX);
		p->has_size = true;
		break;
	case LEAST:
		p->least = number(value, UINT64_MAX);
		break;
	case RANGE:
		p->range = number(value, INT64_MAX);
		break;
	case OF:
		p->of = number(value, INT64_MAX);
		break;
	case UNSIGNED_PAYLOAD:
		p->unsigned_payload = true;
		break;
	case CONNECTIONS:
		p->connections = (unsigned int)number(value, PLAN_CONNECTIONS_MAX);
		break;
	case SECONDS:
		p->seconds = strtod(value, NULL);
		break;
	case REQUESTS:
		p->requests = number(value, UINT64_MAX);
		break;
	}
}

static void check(const struct plan *p)
{
	if (!p->port || !p->path || !p->connections || !p->group || p->seconds <= 0)
		errx(2, "usage: load --port N --path PATTERN [options]; its source says which");
	if (p->range > p->of)
		errx(2, "a range of more than there is");
	if (p->keys && !p->range && !strchr(p->path, '{') && !strchr(p->query, '{'))
		errx(2, "keys, but neither path nor query has {key}, {group}, {member} or {part}");
}

struct plan plan_read(int argc, char **argv)
{
	struct plan p = { .host = "127.0.0.1",
			  .method = "GET",
			  .query = "",
			  .connections = 1,
			  .group = 1000,
			  .seconds = 1 };
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (o == '?')
			exit(2);
		set(&p, (enum option_id)o, optarg);
	}
	if (optind < argc)
		errx(2, "%s: not an option", argv[optind]);
	check(&p);
	return p;
}

unsigned int plan_variants(const struct plan *p)
{
	return p->keys ? p->keys : 1;
}

/* Writes what a name in braces stands for and returns what follows it, or NULL. */
static const char *expand(const struct plan *p, const char *at, unsigned int n, char out[16])
{
	const struct {
		const char *name;
		int digits;
		unsigned int value;
	} names[] = {
		{ "{key}", 6, n },
		{ "{group}", 4, n / p->group },
		{ "{member}", 4, n % p->group },
		{ "{part}", 1, n + 1 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(at, names[i].name, strlen(names[i].name)) != 0)
			continue;
		snprintf(out, 16, "%0*u", names[i].digits, names[i].value);
		return at + strlen(names[i].name);
	}
	return NULL;
}

void plan_target(const struct plan *p, const char *pattern, unsigned int n,
		 char ret[PLAN_TARGET_MAX])
{
	size_t len = 0;

	for (const char *at = pattern; *at;) {
		char text[16] = { *at };
		const char *next = *at == '{' ? expand(p, at, p->first + n, text) : NULL;

		if (len + strlen(text) >= PLAN_TARGET_MAX)
			errx(2, "the target is too long");
		len += (size_t)snprintf(ret + len, PLAN_TARGET_MAX - len, "%s", text);
		at = next ? next : at + 1;
	}
	ret[len] = '\0';
}

uint64_t plan_range_begin(const struct plan *p, unsigned int n)
{
	/* Steps of the golden ratio come near every place and near none twice in a row. */
	double turns = (double)n * 0.6180339887;

	return (uint64_t)((turns - (double)(uint64_t)turns) * (double)(p->of - p->range));
}
