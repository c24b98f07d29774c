/* SPDX-License-Identifier: Apache-2.0 */
/* Runs while Coffer is built: prints what comes in on stdin as a C array, `make-bytes NAME`. */
#include <stdio.h>

int main(int argc, char **argv)
{
	unsigned int column = 0;
	int c;

	if (argc != 2)
		return 2;
	printf("static const unsigned char %s[] = {", argv[1]);
	while ((c = getchar()) != EOF)
		printf("%s0x%02x,", column++ % 16 ? " " : "\n\t", (unsigned int)c);
	printf("\n};\n");
	return ferror(stdin) || ferror(stdout) ? 1 : 0;
}
