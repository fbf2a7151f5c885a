#include "CLinux.h"
int clinux_unused(void){return 0;}
