/** Tests of servers in this process. */
@NullMarked
package io.redoubt.embedded;

import org.jspecify.annotations.NullMarked;
