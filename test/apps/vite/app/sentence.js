export const sentence = "first";
