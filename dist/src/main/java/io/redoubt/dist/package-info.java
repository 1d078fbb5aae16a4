/** What is built from server and sentinel together: quickstart and the training run. */
@NullMarked
package io.redoubt.dist;

import org.jspecify.annotations.NullMarked;
