export const isAttachment = (url: string): boolean =>
  /^\/api\/v1\/documents\/[\w-]+\/files\/[\w-]+$/.test(url);
export const isInlineImage = (url: string): boolean =>
  /^data:image\/(png|jpeg|gif|webp);base64,[\w+/=]+$/.test(url);
