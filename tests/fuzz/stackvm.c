/* Fuzzes stackvm: the first line is the host name, the rest the words. */
#include "stackvm.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *words, *answer;
	uint32_t id;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	words = strchr(text, '\n');
	if (words)
		*words++ = '\0';
	answer = stackvm_eval(words ? words : text, words ? text : "slave12");
	if (answer ? strlen(answer) > 4096 : !*stackvm_error())
		abort();
	if (answer)
		(void)stackvm_id(answer, &id);
	free(answer);
	free(text);
	return 0;
}
