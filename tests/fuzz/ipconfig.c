/* Any ip=, lease, BOOTIF= and hosts file: no crash, and names that are fit for a terminal and a file. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "init/ipconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct ipconfig *config)
{
	uint32_t rest = ~config->netmask;

	assert(config->how != IP_STATIC || config->address);
	assert((rest & (rest + 1)) == 0);
	assert(!config->hostname[0] || is_hostname(config->hostname));
	assert(strspn(config->domain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._ ") == strlen(config->domain));
	assert(config->route_count <= MAX_ROUTES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size), name[MAX_HOSTNAME + 1];
	struct ipconfig config;
	char device[MAX_DEVICE + 1], vlan[MAX_DEVICE + 1];
	struct strings dropped = {0};
	uint8_t mac[6];
	unsigned id;

	if (ipconfig_parse(text, &config, &dropped) == 0)
		check(&config);
	if (ipconfig_lease(text, &config, &dropped) == 0)
		check(&config);
	(void)bootif_parse(text, mac);
	assert(vlan_parse(text, vlan, device, &id) < 0 || (id > 0 && id < 4095));
	strings_free(&dropped);
	assert(!hosts_find(text, 0x0a000003, name) || is_hostname(name));
	free(text);
	return 0;
}
