/* The one struct that is this node. Must never know what its parts do with it. */
#include "node/self.h"

struct daemon self;
