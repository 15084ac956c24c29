/** Keywords and functions that completion offers. */
export const KEYWORDS = (
  'SELECT,FROM,WHERE,GROUP BY,ORDER BY,HAVING,LIMIT,OFFSET,JOIN,LEFT JOIN,RIGHT JOIN,FULL JOIN,' +
  'CROSS JOIN,ON,USING,AS,AND,OR,NOT,IN,IS NULL,IS NOT NULL,BETWEEN,LIKE,ILIKE,CASE,WHEN,THEN,ELSE,' +
  'END,DISTINCT,UNION ALL,UNION,INTERSECT,EXCEPT,WITH,QUALIFY,OVER,PARTITION BY,ROWS BETWEEN,ASC,DESC,' +
  'NULLS LAST,NULLS FIRST,VALUES,INSERT INTO,CREATE TABLE,CREATE OR REPLACE TABLE,CREATE VIEW,' +
  'CREATE SCHEMA,CREATE CATALOG,DROP TABLE,DROP VIEW,UNDROP TABLE,TRUNCATE TABLE,ALTER TABLE,' +
  'RENAME TO,DESCRIBE,DESCRIBE DETAIL,DESCRIBE HISTORY,SHOW TABLES,SHOW SCHEMAS,SHOW CATALOGS,' +
  'VERSION AS OF,TIMESTAMP AS OF,EXPLAIN,PIVOT,UNPIVOT,SUMMARIZE,SAMPLE,TRUE,FALSE,NULL,CAST,' +
  'IF EXISTS,IF NOT EXISTS,PARTITIONED BY,DELETE FROM,UPDATE,SET,MERGE INTO,WHEN MATCHED THEN,' +
  'WHEN NOT MATCHED THEN,WHEN NOT MATCHED BY SOURCE THEN,ADD COLUMN,ADD CONSTRAINT,CHECK,' +
  'INSERT OVERWRITE,REPLACE WHERE'
).split(',');

export const FUNCTIONS = (
  'count,sum,avg,min,max,median,mode,stddev,var_samp,quantile_cont,approx_count_distinct,any_value,' +
  'arg_max,arg_min,string_agg,list,histogram,corr,row_number,rank,dense_rank,ntile,lag,lead,' +
  'first_value,last_value,coalesce,nullif,ifnull,greatest,least,abs,round,ceil,floor,sqrt,ln,log10,' +
  'exp,pow,mod,sign,random,upper,lower,length,trim,ltrim,rtrim,substring,left,right,replace,concat,' +
  'concat_ws,split_part,string_split,contains,starts_with,ends_with,regexp_matches,regexp_replace,' +
  'regexp_extract,lpad,rpad,reverse,strftime,strptime,date_trunc,date_part,date_diff,date_add,' +
  'extract,year,month,day,hour,minute,dayofweek,now,current_date,current_timestamp,make_date,age,' +
  'to_timestamp,epoch,unnest,list_transform,list_filter,list_aggregate,len,struct_pack,map_keys,' +
  'map_values,json_extract,json_extract_string,try_cast,typeof,range,generate_series,hash,md5,sha256'
).split(',');
