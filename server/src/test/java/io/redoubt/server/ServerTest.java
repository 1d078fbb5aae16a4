package io.redoubt.server;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test class with its own server, which is empty before each test. The constructor may take a
 * {@link Dialogue} in RESP2, or the {@link RedisServer} itself.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ServerExtension.class)
public @interface ServerTest {
  /** Lines of configuration in addition to a free port on the loopback interface. */
  String[] value() default {};
}
