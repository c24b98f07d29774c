/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs while Coffer is built: prints what comes in on stdin as a C array, `make-bytes NAME`, and as
 * NAME_tag a string by which other bytes are told from these: their 64-bit FNV-1a in hexadecimal.
 * http://www.isthe.com/chongo/tech/comp/fnv/
 */
#include <inttypes.h>
#include <stdio.h>

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME  UINT64_C(0x100000001b3)

int main(int argc, char **argv)
{
	uint64_t tag = FNV_OFFSET;
	unsigned int column = 0;
	int c;

	if (argc != 2)
		return 2;
	printf("static const unsigned char %s[] = {", argv[1]);
	while ((c = getchar()) != EOF) {
		tag = (tag ^ (uint64_t)c) * FNV_PRIME;
		printf("%s0x%02x,", column++ % 16 ? " " : "\n\t", (unsigned int)c);
	}
	printf("\n};\nstatic const char %s_tag[] = \"%016" PRIx64 "\";\n", argv[1], tag);
	return ferror(stdin) || ferror(stdout) ? 1 : 0;
}
