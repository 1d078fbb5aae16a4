/**
 * The sentinel's I/O: performs the core's outputs and feeds it inputs. Connections to nodes, ticks,
 * scripts, and the state in sentinel.conf.
 *
 * <p>Imports the core and the protocol module. Leaves all decisions to the core, so that the code
 * that is hard to test stays small.
 */
@NullMarked
package io.redoubt.sentinel.runtime;

import org.jspecify.annotations.NullMarked;
