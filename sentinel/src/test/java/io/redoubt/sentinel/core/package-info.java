/** Tests of the state machine's parts; as a whole it is tested by the simulation. */
@NullMarked
package io.redoubt.sentinel.core;

import org.jspecify.annotations.NullMarked;
