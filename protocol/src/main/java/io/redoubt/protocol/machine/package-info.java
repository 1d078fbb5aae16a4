/**
 * The parts that state machines stepped from outside have in common, those of cluster nodes and of
 * sentinels: their clock, their outputs, and the queue of their inputs. Pure: callers pass the
 * time. Imports nothing.
 */
@NullMarked
package io.redoubt.protocol.machine;

import org.jspecify.annotations.NullMarked;
