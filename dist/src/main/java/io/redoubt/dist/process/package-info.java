/**
 * Servers and sentinels as processes: started through their launchers, spoken to over a socket.
 * What quickstart, the training run and the whole-process tests have in common.
 */
@NullMarked
package io.redoubt.dist.process;

import org.jspecify.annotations.NullMarked;
