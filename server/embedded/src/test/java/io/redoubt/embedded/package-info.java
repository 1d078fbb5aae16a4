/** Tests of servers inside of this process. */
@NullMarked
package io.redoubt.embedded;

import org.jspecify.annotations.NullMarked;
