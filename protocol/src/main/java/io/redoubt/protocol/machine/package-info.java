/**
 * The time of state machines that are stepped from outside, as those of a cluster's node and of a
 * sentinel are. Pure: callers pass the time. Imports nothing.
 */
@NullMarked
package io.redoubt.protocol.machine;

import org.jspecify.annotations.NullMarked;
