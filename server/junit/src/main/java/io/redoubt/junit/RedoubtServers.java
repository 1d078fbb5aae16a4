package io.redoubt.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Describes the servers of a test class or a single test: a server; with replicas or sentinels, a
 * group; with masters, a cluster. The description of a method overrides that of its class. Implies
 * {@link RedoubtTest}.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RedoubtExtension.class)
public @interface RedoubtServers {
  /** Returns the number of masters of a cluster, 0 without a cluster; excludes sentinels. */
  int masters() default 0;

  /** Returns the number of replicas; in a cluster, of each master. */
  int replicas() default 0;

  /** Returns the number of sentinels. */
  int sentinels() default 0;

  /** Returns lines of redis.conf, such as {@code "maxmemory 10mb"}. */
  String[] config() default {};

  /** Returns true if each test gets its own servers even when the class describes them. */
  boolean perMethod() default false;
}
