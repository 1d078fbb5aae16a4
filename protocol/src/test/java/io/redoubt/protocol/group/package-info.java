/** Tests of groups that acknowledge writes. */
@NullMarked
package io.redoubt.protocol.group;

import org.jspecify.annotations.NullMarked;
