/**
 * The clock of state machines that are stepped from outside: cluster nodes and sentinels. Pure:
 * callers pass the time. Imports nothing.
 */
@NullMarked
package io.redoubt.protocol.machine;

import org.jspecify.annotations.NullMarked;
