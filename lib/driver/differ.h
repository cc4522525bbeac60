/* What differs between both sides, in sentences. */
#ifndef DRIVER_DIFFER_H
#define DRIVER_DIFFER_H

#include "base/rec.h"
#include "conf/account.h"
#include "driver/sink.h"

/* 1 if a differ record says that nothing could be said of a folder. */
int	 differ_unproven(const struct rec *);

/* Says what a differ record tells: a warning. */
void	 differ_tell(const struct rec *, const struct account *, struct sink *);

#endif
