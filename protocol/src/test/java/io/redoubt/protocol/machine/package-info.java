/** Tests of what state machines have in common. */
@NullMarked
package io.redoubt.protocol.machine;

import org.jspecify.annotations.NullMarked;
