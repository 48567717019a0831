/* Any ip=, lease, BOOTIF= and hosts file: no crash, and names that are fit for a terminal and a file. */
#include <assert.h>
#include <stdlib.h>
#include "init/ipconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct ipconfig *config)
{
	uint32_t rest = ~config->netmask;

	assert(config->how != IP_STATIC || config->address);
	assert((rest & (rest + 1)) == 0);
	assert(!config->hostname[0] || is_hostname(config->hostname));
	assert(!config->domain[0] || is_hostname(config->domain));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size), name[MAX_HOSTNAME + 1];
	struct ipconfig config;
	uint8_t mac[6];

	if (ipconfig_parse(text, &config) == 0)
		check(&config);
	if (ipconfig_lease(text, &config) == 0)
		check(&config);
	(void)bootif_parse(text, mac);
	assert(!hosts_find(text, 0x0a000003, name) || is_hostname(name));
	free(text);
	return 0;
}
