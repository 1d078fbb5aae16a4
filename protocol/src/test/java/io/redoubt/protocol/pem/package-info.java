@NullMarked
package io.redoubt.protocol.pem;

import org.jspecify.annotations.NullMarked;
