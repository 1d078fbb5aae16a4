/** Tests of acknowledgement groups. */
@NullMarked
package io.redoubt.protocol.group;

import org.jspecify.annotations.NullMarked;
