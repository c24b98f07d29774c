/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was asked of `coffer up`: on its command line, and of settings that it says nothing about,
 * in coffer.conf.
 */

#include "client/address.h"
#include "client/values.h"

#define OPTIONS_LISTEN_MAX 8

struct options {
	struct values values;
	struct address s3[OPTIONS_LISTEN_MAX];
	size_t n_s3;
	struct address rest[OPTIONS_LISTEN_MAX];
	size_t n_rest;	/* 0: without this dialect */
	struct address metrics[OPTIONS_LISTEN_MAX];
	size_t n_metrics;
};

enum options_outcome {
	OPTIONS_OK = 0,
	OPTIONS_CHECK,		/* all is well, and that is all that was asked */
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_WRONG,		/* *why says what; the caller exits with 2 */
};

/*
 * Reads the arguments behind "up"; argv[0] is the program's name. With OK and CHECK, *ret is to be
 * cleared. -ENOMEM.
 */
must_check int options_parse(int argc, char *argv[], struct options *ret, struct complaint *why);
void options_clear(struct options *o);

/* What `coffer up --help` says. */
void options_help(FILE *to);
